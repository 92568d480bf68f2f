"""The letters in Finnish."""

from datetime import date

from domain.states import LetterKind
from integrations.letters.texts import FormLabels, KindTexts, Texts


def _format_date(day: date) -> str:
    return f"{day.day}.{day.month}.{day.year}"


FINNISH = Texts(
    kinds={
        LetterKind.COURTESY: KindTexts(
            title="Ystävällinen muistutus",
            intro=(
                "Muistutamme ystävällisesti laskusta {invoice}, jonka eräpäivä on {original_due}. "
                "Maksattehan sen viimeistään {due}. Tästä muistutuksesta ei peritä kulua. Jos "
                "olette jo maksaneet laskun, tämä kirje ei vaadi teiltä toimenpiteitä."
            ),
        ),
        LetterKind.REMINDER: KindTexts(
            title="Maksumuistutus",
            intro=(
                "Kirjanpitomme mukaan emme ole vielä saaneet täyttä maksua laskusta {invoice}, "
                "joka erääntyi {original_due}. Pyydämme teitä maksamaan alla eritellyn summan "
                "viimeistään {due}. Jos olette jo maksaneet laskun, tämä kirje ei vaadi teiltä "
                "toimenpiteitä."
            ),
        ),
        LetterKind.NOTICE: KindTexts(
            title="Maksukehotus",
            intro=(
                "Kirjanpitomme mukaan emme ole vieläkään saaneet täyttä maksua laskusta {invoice}, "
                "joka erääntyi {original_due}. Kehotamme teitä maksamaan alla eritellyn summan "
                "viimeistään {due}. Jos olette jo maksaneet laskun, tämä kirje ei vaadi teiltä "
                "toimenpiteitä."
            ),
        ),
    },
    form=FormLabels(
        title=("Tilisiirto", "Girering"),
        account=("Saajan tilinumero", "Mottagarens kontonummer"),
        recipient=("Saaja", "Mottagare"),
        payer=("Maksajan nimi ja osoite", "Betalarens namn och adress"),
        signature=("Allekirjoitus", "Underskrift"),
        from_account=("Tililtä nro", "Från konto nr"),
        reference=("Viitenumero", "Ref.nr"),
        due=("Eräpäivä", "Förfallodag"),
        letter=("Kirje", "Brev"),
    ),
    format_date=_format_date,
    decimal_mark=",",
    letter_date="Päiväys",
    letter_id="Kirjeen tunnus",
    invoice_number="Laskun numero",
    invoice_date="Laskun päiväys",
    original_due="Laskun eräpäivä",
    new_due="Uusi eräpäivä",
    business_id="Y-tunnus",
    item="Saatavan erittely",
    amount="Määrä",
    principal="Laskun pääoma",
    principal_basis=(
        "Saatavan peruste: lasku {invoice}, päivätty {invoice_date}, eräpäivä {original_due}"
    ),
    paid="Maksettu tai hyvitetty",
    interest="Viivästyskorko",
    interest_period="{rate} % summalle {principal}, {first}–{last} ({days} pv)",
    interest_summary="{rate} % ajalta {first}–{last}",
    earlier_fees="Aiemmat muistutuskulut",
    fee="Muistutuskulu, tämä kirje",
    total="Maksettava yhteensä",
    pay_title="Näin maksatte",
    pay=(
        "Maksakaa {total} viimeistään {due}. Saaja on {creditor}, tilinumero {iban} ja "
        "viitenumero {reference}."
    ),
    pay_codes="Voitte myös lukea lomakkeen koodin pankkinne sovelluksella.",
    trouble="Jos ette voi maksaa eräpäivään mennessä, ottakaa meihin yhteyttä ennen sitä.",
    object_title="Jos olette eri mieltä",
    object=(
        "Teillä on oikeus kiistää saatavan peruste tai määrä. Esittäkää huomautuksenne "
        "perusteluineen viimeistään {due} osoitteeseen:"
    ),
    interest_calculation="Pyynnöstä saatte meiltä laskelman viivästyskorosta.",
    consumer_title="Oikeus pyytää perinnän keskeyttämistä",
    consumer=(
        "Kuluttajana teillä on oikeus pyytää kirjallisesti tai muulla pysyvällä tavalla, että "
        "perintä keskeytetään ja asia siirretään oikeudelliseen perintään (laki saatavien "
        "perinnästä 513/1999, 4 c §). Pyynnön jälkeen vapaaehtoista perintää voidaan jatkaa vain "
        "teille maksutta. Asia voidaan silloin viedä tuomioistuimeen, mistä voi aiheutua teille "
        "oikeudenkäyntikuluja."
    ),
    agency=(
        "Jos saatavaa ei ole maksettu eikä kiistetty viimeistään {due}, se voidaan siirtää "
        "perintätoimistolle ({agency})."
    ),
    barcode_alt="Pankkiviivakoodi",
    qr_alt="QR-koodi maksun tiedoista",
    email_subject="{title}: lasku {invoice}, {creditor}",
    email_greeting="Hyvä vastaanottaja",
    email_attachment="Kirje on tämän viestin liitteenä PDF-tiedostona.",
    email_reference="Viitenumero",
    email_account="Tilinumero",
    email_recipient="Saaja",
    email_closing="Ystävällisin terveisin",
)
