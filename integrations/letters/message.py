"""The e-mail that a letter travels with: the same facts as plain text."""

from domain.money import NO_BREAK_SPACE
from domain.references import group
from integrations.letters.content import LetterContent
from integrations.letters.wording import TEXTS, Row, grouped_iban, word


def email_subject(content: LetterContent) -> str:
    """The subject: what it is, for which invoice and from whom, on one line."""
    texts = TEXTS[content.language]
    return texts.email_subject.format(
        title=texts.kinds[content.kind].title,
        invoice=content.invoice_number,
        creditor=content.creditor.name,
    )


def email_text(content: LetterContent) -> str:
    """The body as plain text, with ordinary spaces so that numbers can be copied and searched."""
    texts = TEXTS[content.language]
    wording = word(content)
    blocks = (
        texts.email_greeting,
        wording.intro,
        "\n".join(f"{label}: {value}" for label, value in payment(content)),
        "\n".join([texts.item, *(_item(row) for row in (*wording.rows, wording.total))]),
        *(f"{section.title}\n{section.text}" for section in wording.sections),
        f"{texts.email_attachment} {texts.letter_id}: {content.letter_id}.",
        "\n".join(closing(content)),
    )
    return "\n\n".join(blocks).replace(NO_BREAK_SPACE, " ") + "\n"


def payment(content: LetterContent) -> tuple[tuple[str, str], ...]:
    """How to pay, label by label: how much, when, to whom."""
    texts = TEXTS[content.language]
    return (
        (texts.total, word(content).total.amount),
        (texts.new_due, texts.format_date(content.due_date)),
        (texts.email_recipient, content.creditor.name),
        (texts.email_account, grouped_iban(content.iban)),
        *((("BIC", content.bic),) if content.bic else ()),
        (texts.email_reference, group(content.reference)),
    )


def closing(content: LetterContent) -> tuple[str, ...]:
    """The lines at the end: greetings, the creditor, how to reach it."""
    texts, creditor = TEXTS[content.language], content.creditor
    return (
        texts.email_closing,
        creditor.name,
        f"{texts.business_id} {creditor.business_id}",
        *creditor.address_lines,
        *(line for line in (creditor.email, creditor.phone) if line),
    )


def _item(row: Row) -> str:
    note = f" ({row.note})" if row.note else ""
    return f"- {row.label}: {row.amount}{note}"
