"""What setting one letter costs."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date

from domain.law import DebtorClass
from domain.states import LetterKind
from integrations.letters import LetterContent, LetterCreditor, LetterDebtor, render_pdf


def rendering_milliseconds(count: int, advance: Callable[[int], None]) -> float:
    """CPU milliseconds of this process per letter, after a first one that reads the fonts."""
    render_pdf(_letter(0))
    before = time.process_time()
    for number in range(1, count + 1):
        render_pdf(_letter(number))
        advance(number)
    return (time.process_time() - before) / count * 1000


def _letter(number: int) -> LetterContent:
    return LetterContent(
        kind=LetterKind.REMINDER,
        language="fi",
        letter_id=f"reminder-1-{number}-1234567-1",
        debtor_class=DebtorClass.BUSINESS,
        creditor=LetterCreditor(
            name="Esimerkki Oy",
            business_id="1234567-1",
            address_lines=("Esimerkkitie 2", "00100 Helsinki"),
            email="laskutus@esimerkki.example",
        ),
        debtor=LetterDebtor(
            name=f"Malliyritys {number} Oy", address_lines=("Mallikatu 1", "00200 Helsinki")
        ),
        invoice_number=str(10_000 + number),
        invoice_date=date(2026, 2, 17),
        original_due_date=date(2026, 3, 3),
        letter_date=date(2026, 3, 10),
        due_date=date(2026, 3, 24),
        principal_cents=108_836,
        fee_cents=1_000,
        total_cents=109_836,
        iban="FI3715903000000776",
        reference="1009",
    )
