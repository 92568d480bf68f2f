"""The files of the story: what a bookkeeping and a bank would hand over. All of it is made up.

A year of invoices that were paid, for the figures; fifty that are open, of every age; and in the
table of invoices one record that somebody mistyped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from domain import references
from domain.calendar import FINLAND
from integrations.intake import InvoiceRecord, Party
from starter.demo.files import Transfer, account_of, write_csv, write_finvoice, write_ktl
from tests.browser.karhu import BEGIN

TODAY = FINLAND.local_date(BEGIN)
BUSINESS_ID, NAME, MAIL = "2000010-4", "Testilän Puutarha Oy", "testilan-puutarha.example"
IBAN = references.iban_from_account("12345600000785")

REMINDED = "2001"
"""A consumer's, three weeks late: its reminder leaves by e-mail."""
REMINDED_CUSTOMER = "Aino Malliasiakas"
NOT_DUE = "2002"
WITH_AGENCY = ("2003", "2004", "2005")
"""A business's, overdue and too young for its reminder: for the agency's reminder service."""
SLOW = "Viivyttelijä Oy"
"""Whose they are."""
MISTYPED = "2090"
"""In the table, with an amount that is none."""
WRONG_AMOUNT, RIGHT_AMOUNT = "12x,00", "120,00"
UNKNOWN_REFERENCE = references.make("987654")

_SELLER = Party(
    name=NAME,
    business_id=BUSINESS_ID,
    street="Keksitty katu 1",
    postcode="00100",
    city="Helsinki",
    email=f"laskutus@{MAIL}",
    phone="010 000 0000",
    einvoice_address="003720000104",
    einvoice_operator="TESTOPER",
)
_CONSUMERS = (
    *(REMINDED_CUSTOMER, "Teppo Esimerkkinen", "Helmi Keksitty", "Veikko Testinen"),
    *("Britta Kuvitteellinen", "Olavi Koeniemi", "Tuula Esimerkkinen", "Sten Malliasiakas"),
)
_FIRMS = (
    *(SLOW, "Mallipaja Oy", "Koekeittiö Oy", "Esimerkkituote Oy", "Harjoitustyö Oy"),
    *("Kuvitelma Oy", "Testitalon Huolto Oy", "Asunto Oy Mallirinne"),
)
_LATE = (
    *(-24, -21, -18, -16, -13, -11, -9, -6, -4, -2),
    *(1, 2, 3, 4, 5, 6, 6),
    *(8, 13, 9, 12, 11, 17, 18, 20, 22, 25, 26, 29),
    *(33, 36, 41, 47, 52, 58, 63, 70, 77, 84, 95, 110, 128),
)
"""Days after the due date, of the open invoices beside those that are named."""


@dataclass(frozen=True)
class Files:
    """Where they lie, in the order in which they are handed in."""

    invoices: Path
    """A Finvoice file: the paid year, and half of what is open."""
    old_payments: Path
    """What the bank said until two weeks ago: too old for letters to leave."""
    table: Path
    """The other half as CSV, with the mistyped record."""
    payments: Path
    """Today's: some pay, one with a reference that nobody knows."""
    later_payments: Path
    """Of invoices that the agency has: the debtor's own, and what the agency remits."""

    @classmethod
    def written(cls, folder: Path) -> Files:
        """Write them all."""
        files = cls(
            folder / "laskut.xml",
            folder / "vanhat-viitemaksut.ktl",
            folder / "lisaa-laskuja.csv",
            folder / "viitemaksut.ktl",
            folder / "viitemaksut-2.ktl",
        )
        year, opened = _year(), _open()
        write_finvoice(files.invoices, [*(one for one, _ in year), *opened[::2]])
        write_csv(files.table, [*opened[1::2], _bill(MISTYPED, _CONSUMERS[3], 3, 12_000)])
        text = files.table.read_text("utf-8")
        files.table.write_text(text.replace(f";{RIGHT_AMOUNT};", f";{WRONG_AMOUNT};"), "utf-8")
        _bank(files.old_payments, [(day, [_transfer(one)]) for one, day in year])
        paying = [one for one in opened if one.number in {"2013", "2017", "2033", "2034"}]
        unknown = next(one for one in opened if one.number == "2041")
        today = [*(_transfer(one) for one in paying), _transfer(unknown, UNKNOWN_REFERENCE)]
        _bank(files.payments, [(TODAY, today)])
        agency = {one.number: one for one in opened}
        own = _transfer(agency[WITH_AGENCY[2]], cents=5_000)
        remitted = _transfer(agency[WITH_AGENCY[0]], cents=7_500, payer="INTRUM OY")
        _bank(files.later_payments, [(TODAY, [own, remitted])])
        return files


def mail_of(name: str) -> str:
    """A customer's e-mail address."""
    return f"laskut@{_word(name)}.example"


def _word(name: str) -> str:
    plain = name.lower().replace("ä", "a").replace("ö", "o").replace(" ", "-")
    return "".join(letter for letter in plain if letter.isalnum() or letter == "-")


def _open() -> list[InvoiceRecord]:
    names = [name for pair in zip(_CONSUMERS, _FIRMS, strict=True) for name in pair if name != SLOW]
    return [
        _bill(REMINDED, REMINDED_CUSTOMER, 21, 18_440),
        _bill(NOT_DUE, _FIRMS[1], -12, 96_000),
        *(_bill(number, SLOW, 4, 31_500 + 7 * int(number)) for number in WITH_AGENCY),
        *(
            _bill(str(2010 + place), names[place % len(names)], late, 8_900 + 3_170 * (place % 17))
            for place, late in enumerate(_LATE)
        ),
    ]


def _year() -> list[tuple[InvoiceRecord, date]]:
    """Paid invoices of the eleven months before, each with its payment's day."""
    lags = (4, 6, 9, 13, 17, 14, 11, 8, 6, 9, 12)
    found = []
    for month, lag in enumerate(lags):
        first = date(2025 + (month + 2) // 12, (month + 2) % 12 + 1, 1)
        for place in range(5):
            number, on = 1000 + 10 * month + place, first + timedelta(days=6 * place + 1)
            name = (*_CONSUMERS, *_FIRMS)[(month * 3 + place * 5) % 16]
            bill = _record(str(number), name, on, 14, 21_000 + 4_300 * ((number * 7) % 11))
            paid = bill.due_date + timedelta(days=lag + (place * 5) % 9 - 4)
            found.append((bill, min(paid, TODAY - timedelta(days=14))))
    return found


def _bill(number: str, name: str, late: int, cents: int) -> InvoiceRecord:
    return _record(number, name, TODAY - timedelta(days=late + 14), 14, cents)


def _record(number: str, name: str, on: date, net: int, cents: int) -> InvoiceRecord:
    return InvoiceRecord(
        seller=_SELLER,
        buyer=_buyer(name),
        number=number,
        invoice_date=on,
        due_date=on + timedelta(days=net),
        amount_cents=cents,
        reference=references.make(number),
        iban=IBAN,
        source="story",
        index=int(number),
        line=int(number),
    )


def _buyer(name: str) -> Party:
    private = name in _CONSUMERS
    place = (*_CONSUMERS, *_FIRMS).index(name)
    on_paper = place in {5, 13}
    electronic = place in {10, 12}
    return Party(
        name=name,
        customer_number=f"A-{place + 1:02}",
        street=f"Mallikatu {place + 1}",
        postcode="33100",
        city="Tampere",
        email=None if on_paper else mail_of(name),
        language="sv" if name.startswith(("Sten", "Britta")) else "fi",
        is_private=private,
        einvoice_address=f"TE00{place:04}" if electronic else None,
        einvoice_operator="TESTOPER" if electronic else None,
    )


def _transfer(
    record: InvoiceRecord, reference: str = "", *, cents: int = 0, payer: str = ""
) -> Transfer:
    return Transfer(
        reference or record.reference or "",
        cents or record.amount_cents,
        payer or record.buyer.name,
        account_of(IBAN),
    )


def _bank(path: Path, days: list[tuple[date, list[Transfer]]]) -> None:
    """One batch for each payment's day, one behind the other."""
    whole = b""
    for day in sorted({day for day, _ in days}):
        write_ktl(path, [one for on, some in days if on == day for one in some], day)
        whole += path.read_bytes()
    path.write_bytes(whole)
