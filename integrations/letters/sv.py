"""The letters in Swedish, as written in Finland."""

from datetime import date

from domain.states import LetterKind
from integrations.letters.texts import FormLabels, KindTexts, Texts


def _format_date(day: date) -> str:
    return f"{day.day}.{day.month}.{day.year}"


SWEDISH = Texts(
    kinds={
        LetterKind.COURTESY: KindTexts(
            title="Vänlig påminnelse",
            intro=(
                "Vi påminner vänligt om faktura {invoice}, vars förfallodag är {original_due}. "
                "Vänligen betala den senast {due}. Denna påminnelse är avgiftsfri. Om ni redan "
                "har betalat fakturan behöver ni inte göra något."
            ),
        ),
        LetterKind.REMINDER: KindTexts(
            title="Betalningspåminnelse",
            intro=(
                "Enligt vår bokföring har vi ännu inte fått full betalning för faktura {invoice}, "
                "som förföll till betalning {original_due}. Vi ber er betala det belopp som "
                "specificeras nedan senast {due}. Om ni redan har betalat fakturan behöver ni "
                "inte göra någonting med anledning av detta brev."
            ),
        ),
        LetterKind.NOTICE: KindTexts(
            title="Betalningsuppmaning",
            intro=(
                "Enligt vår bokföring har vi fortfarande inte fått full betalning för faktura "
                "{invoice}, som förföll till betalning {original_due}. Vi uppmanar er att betala "
                "det belopp som specificeras nedan senast {due}. Om ni redan har betalat fakturan "
                "behöver ni inte göra någonting med anledning av detta brev."
            ),
        ),
    },
    form=FormLabels(
        title=("Girering", "Tilisiirto"),
        account=("Mottagarens kontonummer", "Saajan tilinumero"),
        recipient=("Mottagare", "Saaja"),
        payer=("Betalarens namn och adress", "Maksajan nimi ja osoite"),
        signature=("Underskrift", "Allekirjoitus"),
        from_account=("Från konto nr", "Tililtä nro"),
        reference=("Ref.nr", "Viitenumero"),
        due=("Förfallodag", "Eräpäivä"),
        letter=("Brev", "Kirje"),
    ),
    format_date=_format_date,
    decimal_mark=",",
    letter_date="Datum",
    letter_id="Brevets beteckning",
    invoice_number="Fakturanummer",
    invoice_date="Fakturadatum",
    original_due="Fakturans förfallodag",
    new_due="Ny förfallodag",
    business_id="FO-nummer",
    item="Specifikation av fordran",
    amount="Belopp",
    principal="Fakturans kapital",
    principal_basis=(
        "Fordrans grund: faktura {invoice}, daterad {invoice_date}, förfallodag {original_due}"
    ),
    paid="Betalt eller krediterat",
    interest="Dröjsmålsränta",
    interest_period="{rate} % på {principal}, {first}–{last} ({days} dagar)",
    interest_summary="{rate} % för tiden {first}–{last}",
    earlier_fees="Tidigare påminnelseavgifter",
    fee="Påminnelseavgift, detta brev",
    total="Att betala sammanlagt",
    pay_title="Så här betalar ni",
    pay=(
        "Betala {total} senast {due}. Mottagare är {creditor}, kontonummer {iban} och "
        "referensnummer {reference}."
    ),
    pay_codes="Ni kan också läsa in koden på blanketten med er banks app.",
    trouble="Om ni inte kan betala senast på förfallodagen, kontakta oss före den.",
    object_title="Om ni är av annan åsikt",
    object=(
        "Ni har rätt att bestrida fordrans grund eller belopp. Framför era anmärkningar med "
        "motivering senast {due} till adressen:"
    ),
    interest_calculation="På begäran får ni en uträkning av dröjsmålsräntan av oss.",
    consumer_title="Rätt att begära att indrivningen avbryts",
    consumer=(
        "Som konsument har ni rätt att skriftligen eller på något annat varaktigt sätt begära att "
        "indrivningen avbryts och att ärendet överförs till rättslig indrivning (lagen om "
        "indrivning av fordringar 513/1999, 4 c §). Efter er begäran får den frivilliga "
        "indrivningen fortsätta endast utan kostnader för er. Ärendet kan då föras till domstol, "
        "vilket kan medföra rättegångskostnader för er."
    ),
    agency=(
        "Om fordran varken har betalats eller bestridits senast {due} kan den överföras till en "
        "inkassobyrå ({agency})."
    ),
    barcode_alt="Bankstreckkod",
    qr_alt="QR-kod med betalningens uppgifter",
    email_subject="{title}: faktura {invoice}, {creditor}",
    email_greeting="Bästa mottagare",
    email_attachment="Brevet bifogas detta meddelande som en PDF-fil.",
    email_reference="Referensnummer",
    email_account="Kontonummer",
    email_recipient="Mottagare",
    email_closing="Med vänlig hälsning",
)
