"""The letters in English."""

from datetime import date

from domain.states import LetterKind
from integrations.letters.texts import FormLabels, KindTexts, Texts

# strftime's month names follow the process's locale; these do not
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def _format_date(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


ENGLISH = Texts(
    kinds={
        LetterKind.COURTESY: KindTexts(
            title="Friendly reminder",
            intro=(
                "This is a friendly reminder of invoice {invoice}, whose due date is "
                "{original_due}. Please pay it by {due}. There is no charge for this reminder. If "
                "you have already paid the invoice, you need not do anything."
            ),
        ),
        LetterKind.REMINDER: KindTexts(
            title="Payment reminder",
            intro=(
                "According to our records we have not yet received full payment of invoice "
                "{invoice}, which fell due on {original_due}. Please pay the amount itemised below "
                "by {due}. If you have already paid the invoice, this letter does not call for "
                "anything from you."
            ),
        ),
        LetterKind.NOTICE: KindTexts(
            title="Payment demand",
            intro=(
                "According to our records we have still not received full payment of invoice "
                "{invoice}, which fell due on {original_due}. We request you to pay the amount "
                "itemised below by {due}. If you have already paid the invoice, this letter does "
                "not call for anything from you."
            ),
        ),
    },
    form=FormLabels(
        title=("Credit transfer", "Tilisiirto"),
        account=("Recipient's account", "Saajan tilinumero"),
        recipient=("Recipient", "Saaja"),
        payer=("Payer's name and address", "Maksajan nimi ja osoite"),
        signature=("Signature", "Allekirjoitus"),
        from_account=("From account", "Tililtä nro"),
        reference=("Reference", "Viitenumero"),
        due=("Due date", "Eräpäivä"),
        letter=("Letter", "Kirje"),
    ),
    format_date=_format_date,
    decimal_mark=".",
    letter_date="Date",
    letter_id="Letter id",
    invoice_number="Invoice number",
    invoice_date="Invoice date",
    original_due="Invoice due date",
    new_due="New due date",
    business_id="Business ID",
    item="The claim itemised",
    amount="Amount",
    principal="Principal of the invoice",
    principal_basis=(
        "Basis of the claim: invoice {invoice}, dated {invoice_date}, due {original_due}"
    ),
    paid="Paid or credited",
    interest="Late payment interest",
    interest_period="{rate}% on {principal}, {first} – {last} ({days} days)",
    interest_summary="{rate}% for {first} – {last}",
    earlier_fees="Earlier reminder fees",
    fee="Reminder fee, this letter",
    total="Total to pay",
    pay_title="How to pay",
    pay=(
        "Please pay {total} by {due}. The recipient is {creditor}, the account number {iban} and "
        "the reference number {reference}."
    ),
    pay_codes="You can also read the code on the form with your bank's app.",
    trouble="If you cannot pay by the due date, please contact us before it.",
    object_title="If you disagree",
    object=(
        "You have the right to contest the basis or the amount of the claim. Please send your "
        "objection and its grounds by {due} to:"
    ),
    interest_calculation="On request we give you a calculation of the late payment interest.",
    consumer_title="Right to have collection suspended",
    consumer=(
        "As a consumer you have the right to request, in writing or in another permanent form, "
        "that collection be suspended and the matter be transferred to judicial collection (Debt "
        "Collection Act 513/1999, section 4 c). After your request, voluntary collection may "
        "continue only free of charge to you. The matter may then be taken to court, which may "
        "cause you legal costs."
    ),
    agency=(
        "If the claim has been neither paid nor contested by {due}, it may be transferred to a "
        "debt collection agency ({agency})."
    ),
    barcode_alt="Bank bar code",
    qr_alt="QR code of the payment's details",
    email_subject="{title}: invoice {invoice}, {creditor}",
    email_greeting="Dear recipient",
    email_attachment="The letter is attached to this message as a PDF file.",
    email_reference="Reference number",
    email_account="Account number",
    email_recipient="Recipient",
    email_closing="Kind regards",
)
