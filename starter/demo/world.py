"""The made-up world: companies, customers, invoices, and what each debtor will do. By a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from domain import references
from domain.calendar import FINLAND
from domain.money import Language
from integrations.intake import InvoiceRecord, Party

NET_DAYS = 14


class Fate(StrEnum):
    """What the debtor (or the clerk) will do."""

    PAYS_IN_TIME = "pays in time"
    PAYS_LATE = "pays late"
    PAYS_AFTER_REMINDER = "pays after the reminder"
    PAYS_AFTER_NOTICE = "pays after the notice"
    NEVER_PAYS = "never pays"
    TOO_SMALL = "too small to remind of"
    DISPUTES = "disputes"
    PROMISES = "promises, and pays"
    CREDITED = "credited"
    CANCELLED = "cancelled"
    UNREACHABLE = "cannot be reached"


_SHARES: dict[Fate, int] = {
    Fate.PAYS_LATE: 14,
    Fate.PAYS_AFTER_REMINDER: 22,
    Fate.PAYS_AFTER_NOTICE: 12,
    Fate.NEVER_PAYS: 12,
    Fate.TOO_SMALL: 3,
    Fate.DISPUTES: 2,
    Fate.PROMISES: 2,
    Fate.CREDITED: 2,
    Fate.CANCELLED: 1,
    Fate.UNREACHABLE: 2,
}
"""Of two hundred; the rest pays in time."""


_REMINDED = frozenset({Fate.PAYS_AFTER_REMINDER, Fate.PAYS_AFTER_NOTICE, Fate.NEVER_PAYS})

_WRONG = ("bounce.example", "later-bounce.example")
"""Some addresses are wrong, which shows at once or only when the letter comes back."""


@dataclass(frozen=True)
class Life:
    """An invoice, what will become of it, and the local date on which its debtor acts."""

    record: InvoiceRecord
    fate: Fate
    acts_on: date
    pays_costs: bool
    """Whether the debtor pays what the letter says, or the invoice alone."""


_COMPANIES = (
    ("Kuvitteellinen Sähkö Oy", "123456", "12345600000785", "Keksitty katu 1", "00100", "Helsinki"),
    ("Esimerkkilän Huolto Oy", "765432", "15903000000776", "Mallikuja 7", "33100", "Tampere"),
    ("Testisuon Puutarha Oy", "246802", "12345600000785", "Koetie 12", "20100", "Turku"),
)


def accounts() -> list[tuple[str, str]]:
    """The companies by business id, each with the 14-digit account its invoices are paid to."""
    return [(_business_id(int(base) * 10), account) for _, base, account, *_ in _COMPANIES]


_FIRST = ("Matti", "Maija", "Teppo", "Tuula", "Veikko", "Aino", "Olavi", "Helmi", "Sten", "Britta")
_LAST = ("Malliasiakas", "Esimerkkinen", "Kuvitteellinen", "Testinen", "Keksitty", "Koeniemi")
_FIRMS = ("Mallipaja", "Esimerkkituote", "Koekeittiö", "Testitalo", "Kuvitelma", "Harjoitustyö")
_TOWNS = (("00200", "Helsinki"), ("33200", "Tampere"), ("20200", "Turku"), ("65100", "Vaasa"))


def batches(count: int, start: date, seed: int) -> list[tuple[date, list[Life]]]:
    """The invoices by the day on which they come in, over the first three weeks.

    The same arguments make the same world.
    """
    draw = random.Random(seed)  # noqa: S311 - a made-up world, not a secret
    fates = [fate for fate, share in _SHARES.items() for _ in range(round(share * count / 200))]
    fates += [Fate.PAYS_IN_TIME] * (count - len(fates))
    draw.shuffle(fates)
    days = [
        FINLAND.next_banking_day(start + timedelta(days=offset)) for offset in (0, 4, 8, 14, 18)
    ]
    # Who goes the whole way has to set out early to arrive within the ninety days.
    early = days[:2]
    lives: dict[date, list[Life]] = {day: [] for day in days}
    for serial, fate in enumerate(fates, start=1):
        day = draw.choice(early if fate is Fate.NEVER_PAYS else days)
        lives[day].append(_life(serial, fate, day, draw))
    return [(day, lives[day]) for day in days]


def _life(serial: int, fate: Fate, day: date, draw: random.Random) -> Life:
    private = draw.random() < 0.55
    record = InvoiceRecord(
        seller=_seller(serial),
        buyer=_buyer(serial, fate, private, draw),
        number=str(1000 + serial),
        invoice_date=day,
        due_date=day + timedelta(days=NET_DAYS),
        amount_cents=_amount(fate, private, draw),
        reference=references.make(1000 + serial),
        iban=references.iban_from_account(_COMPANIES[serial % len(_COMPANIES)][2]),
        source="demo",
        index=serial,
        line=serial,
    )
    due = FINLAND.shifted_due(record.due_date)
    return Life(
        record=record,
        fate=fate,
        acts_on=FINLAND.next_banking_day(due + timedelta(days=_days(fate, private, draw))),
        pays_costs=draw.random() < 0.6,
    )


def _days(fate: Fate, private: bool, draw: random.Random) -> int:
    """When the debtor acts, in days after the due date; by when the letters come (the law's and
    the general rules' days: consumers 15 and 30, businesses 7 and 21)."""
    match fate:
        case Fate.PAYS_IN_TIME:
            return -draw.randint(0, 8)
        case Fate.PAYS_LATE:
            return draw.randint(1, 5)
        case Fate.PAYS_AFTER_REMINDER:
            return draw.randint(19, 27) if private else draw.randint(9, 17)
        case Fate.PAYS_AFTER_NOTICE:
            return draw.randint(35, 44) if private else draw.randint(24, 31)
        case Fate.PROMISES:
            return 24
        case Fate.DISPUTES | Fate.CREDITED | Fate.CANCELLED:
            return draw.randint(2, 6)
    return 400


def _amount(fate: Fate, private: bool, draw: random.Random) -> int:
    if fate is Fate.TOO_SMALL:
        return draw.randint(200, 900)
    return draw.randint(2_500, 60_000) if private else draw.randint(15_000, 900_000)


def _seller(serial: int) -> Party:
    name, base, _, street, postcode, city = _COMPANIES[serial % len(_COMPANIES)]
    business_id = _business_id(int(base) * 10)
    return Party(
        name=name,
        business_id=business_id,
        einvoice_address=_einvoice_address(serial, business_id),
        einvoice_operator="TESTOPER",
        street=street,
        postcode=postcode,
        city=city,
        email=f"laskutus@{_word(name)}.example",
        phone="010 000 0000",
    )


def _buyer(serial: int, fate: Fate, private: bool, draw: random.Random) -> Party:
    postcode, city = draw.choice(_TOWNS)
    language: Language = draw.choices(("fi", "sv", "en"), weights=(80, 13, 7))[0]
    name = (
        f"{draw.choice(_FIRST)} {draw.choice(_LAST)}"
        if private
        else f"{draw.choice(_FIRMS)} {serial} Oy"
    )
    email: str | None = f"asiakas{serial}@{_word(name)}.example"
    if draw.random() < 0.2:
        email = None
    street: str | None = f"Mallikatu {serial}"
    business_id = None if private else _business_id(3_000_000 + serial)
    electronic = draw.random() < (0.1 if private else 0.5)
    if fate in _REMINDED and serial % 11 < len(_WRONG):
        email, electronic = f"asiakas{serial}@{_WRONG[serial % 11]}", False
    if fate is Fate.UNREACHABLE:
        # Every other one has an address, and that is wrong.
        email = f"asiakas{serial}@{_WRONG[0]}" if serial % 2 else None
        street, electronic = None, False
    return Party(
        name=name,
        business_id=business_id,
        customer_number=f"A-{serial}",
        street=street,
        postcode=postcode,
        city=city,
        email=email,
        einvoice_address=_einvoice_address(serial, business_id) if electronic else None,
        einvoice_operator="TESTOPER" if electronic else None,
        language=language,
        is_private=private,
    )


def _einvoice_address(serial: int, business_id: str | None) -> str:
    """A company's OVT code; a consumer's own account in its bank."""
    if business_id is not None:
        return f"0037{business_id.replace('-', '')}"
    return references.iban_from_account(f"159030{serial:08}")


def _business_id(number: int) -> str:
    """The first valid business id at or after a seven-digit number: some have no check digit."""
    while True:
        for check in "0123456789":
            try:
                return references.business_id(f"{number:07}-{check}")
            except references.InvalidBusinessIdError:
                continue
        number += 1


def _word(name: str) -> str:
    plain = name.lower().replace("ä", "a").replace("ö", "o").replace(" ", "-")
    return "".join(letter for letter in plain if letter.isalnum() or letter == "-")
