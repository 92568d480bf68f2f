"""Where an invoice goes on from, when the payment that had closed it was taken back."""

from __future__ import annotations

from datetime import datetime

from domain.calendar import BankingCalendar
from domain.case import Case
from domain.money import format_eur
from domain.outcomes import Reopened
from domain.states import InvoiceState


def reopened(case: Case, calendar: BankingCalendar, now: datetime) -> Reopened | None:
    """What becomes of an invoice that was closed as paid, if its payment has been taken back.

    It goes on from where its letters left it. None: it is not closed, still paid, or a person
    ended it, which stays.
    """
    if case.state is not InvoiceState.PAID or case.principal_cents <= 0:
        return None
    state = InvoiceState.OPEN
    if case.last_letter is not None:
        state = case.last_letter.kind.leads_to or InvoiceState.OVERDUE
    elif calendar.local_date(now) > calendar.shifted_due(case.due):
        state = InvoiceState.OVERDUE
    rest = format_eur(case.principal_cents, "en")
    return Reopened(state=state, reason=f"a payment was taken back: {rest} is open again")
