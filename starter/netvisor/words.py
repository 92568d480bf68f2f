"""What is said in the language that a request asks for: Finnish, English or Swedish."""

from __future__ import annotations

from enum import StrEnum

from domain.states import InvoiceState


class Language(StrEnum):
    """X-Netvisor-Interface-Language."""

    FI = "FI"
    EN = "EN"
    SE = "SE"


class Text(StrEnum):
    """What is said about who asks, before anything else is."""

    UNKNOWN = "unknown"
    STALE = "stale"
    ALGORITHM = "algorithm"
    MISSING = "missing"
    ORGANISATION = "organisation"
    WAIT = "wait"
    TWICE = "twice"
    NOT_SET_UP = "not set up"
    AWAY = "away"
    BROKEN = "broken"
    NOT_SERVED = "not served"


_TEXTS: dict[Text, tuple[str, str, str]] = {
    Text.UNKNOWN: (
        "Integraatiokumppania tai asiakasta ei löydy, tai allekirjoitus (MAC) on väärä; tarkista"
        " tunnisteet, avaimet ja osoite, jolla pyyntö on allekirjoitettu",
        "The partner or the customer is not known, or the signature (MAC) is wrong; check the ids,"
        " the keys and the address that the request was signed with",
        "Partnern eller kunden är okänd, eller signaturen (MAC) är fel; kontrollera"
        " identifikationerna, nycklarna och adressen som begäran signerades med",
    ),
    Text.STALE: (
        "Aikaleima {what} ei ole nykyhetkestä (UTC); tarkista kello ja lähetä pyyntö uudelleen",
        "The time stamp {what} is not of now (UTC); set the clock and send the request again",
        "Tidsstämpeln {what} är inte aktuell (UTC); kontrollera klockan och skicka begäran på nytt",
    ),
    Text.ALGORITHM: (
        "Allekirjoituksen algoritmi on {what}; käytössä on vain HMACSHA256",
        "The signature's algorithm is {what}; only HMACSHA256 is taken",
        "Signaturens algoritm är {what}; bara HMACSHA256 godtas",
    ),
    Text.MISSING: (
        "Otsake {what} puuttuu tai on liian pitkä",
        "The header {what} is missing or too long",
        "Rubriken {what} saknas eller är för lång",
    ),
    Text.ORGANISATION: (
        "Tunnuksilla ei ole oikeutta yritykseen {what}",
        "These keys do not speak for company {what}",
        "Nycklarna gäller inte företaget {what}",
    ),
    Text.WAIT: (
        "Liian monta väärää allekirjoitusta; yritä uudelleen {what} sekunnin kuluttua",
        "Too many wrong signatures; try again in {what} s",
        "För många felaktiga signaturer; försök igen om {what} s",
    ),
    Text.TWICE: (
        "Pyyntö {what} on jo käsitelty; lähetä uusi pyyntö uudella tunnisteella (TransactionId)",
        "Request {what} has been handled already; send a new one under a new TransactionId",
        "Begäran {what} har redan behandlats; skicka en ny med en ny TransactionId",
    ),
    Text.NOT_SET_UP: (
        "Tätä rajapintaa ei ole otettu käyttöön: KARHU_FILE_KEY puuttuu tai on vaihdettu",
        "This interface is not set up here: KARHU_FILE_KEY is not set, or is another one",
        "Gränssnittet är inte i bruk: KARHU_FILE_KEY saknas eller har bytts ut",
    ),
    Text.AWAY: (
        "{what} ei vastaa juuri nyt; yritä hetken kuluttua uudelleen",
        "{what} does not do its part now; try again in a while",
        "{what} svarar inte just nu; försök igen om en stund",
    ),
    Text.BROKEN: (
        "Jokin meni vikaan Karhun puolella; yritä uudelleen, ja jos vika pysyy, kerro ylläpidolle",
        "Something went wrong on Karhu's side; try again, and if it stays, tell whoever runs it",
        "Något gick fel hos Karhu; försök igen, och om felet består, meddela den som driver det",
    ),
    Text.NOT_SERVED: (
        "Resurssia {what} ei ole täällä: Karhu tuntee asiakkaat, myyntilaskut ja suoritukset",
        "There is no {what} here: Karhu knows customers, sales invoices and payments",
        "{what} finns inte här: Karhu känner till kunder, försäljningsfakturor och betalningar",
    ),
}

_STATES: dict[InvoiceState, tuple[str, str, str]] = {
    InvoiceState.OPEN: ("Avoin", "Open", "Öppen"),
    InvoiceState.OVERDUE: ("Erääntynyt", "Overdue", "Förfallen"),
    InvoiceState.REMINDED: ("Muistutettu", "Reminded", "Påmind"),
    InvoiceState.NOTIFIED: ("Huomautettu", "Requested", "Anmärkt"),
    InvoiceState.IN_COLLECTION: ("Perinnässä", "Collected", "I indrivning"),
    InvoiceState.PAID: ("Maksettu", "Paid", "Betald"),
    InvoiceState.CREDITED: ("Hyvitetty", "Credited", "Krediterad"),
    InvoiceState.WRITTEN_OFF: ("Luottotappio", "Credit loss", "Kreditförlust"),
    InvoiceState.CANCELLED: ("Hylätty", "Rejected", "Förkastad"),
}
_INVOICE = ("Myyntilasku", "Sales invoice", "Försäljningsfaktura")
_MATERIALS: dict[str, tuple[str, str, str]] = {
    "reminder": ("Maksumuistutus", "Reminder", "Betalningspåminnelse"),
    "notice": ("Maksukehotus", "Notice", "Betalningsuppmaning"),
    **dict.fromkeys(
        (
            *("handed_over", "hand_over_refused", "agency_message_refused"),
            *("agency_status_changed", "withdrawn_from_agency"),
        ),
        ("Perintätoimeksianto", "Collection assignment", "Indrivningsuppdrag"),
    ),
}
_UNSENT = ("Lähettämätön", "Unsent", "Osänd")
_COUNTRY = ("Suomi", "Finland", "Finland")


def say(text: Text, language: Language, what: object = "") -> str:
    """The text, about `what`."""
    return _in(_TEXTS[text], language).format(what=what)


def state(invoice: InvoiceState | None, language: Language) -> str:
    """An invoice's state as people read it; None: not sent yet."""
    return _in(_UNSENT if invoice is None else _STATES[invoice], language)


def material(kind: str, language: Language) -> str:
    """What an event is about, by its kind, or by that of its letter."""
    return _in(_MATERIALS.get(kind, _INVOICE), language)


def country(code: str, language: Language) -> str:
    """Finland's name; of other countries the code."""
    return _in(_COUNTRY, language) if code == "FI" else code


def _in(texts: tuple[str, str, str], language: Language) -> str:
    return texts[tuple(Language).index(language)]
