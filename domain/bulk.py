"""What may be asked of many invoices at once: the same requests as of one."""

from __future__ import annotations

from datetime import date

from domain import requests
from domain.asking import Asking
from domain.requests import Request
from domain.states import HoldKind, InvoiceState, LetterKind


def request_for(
    asking: Asking,
    *,
    actor: str,
    reason: str = "",
    hold: HoldKind | None = None,
    until: date | None = None,
    to: InvoiceState | None = None,
) -> Request:
    """The request of each invoice, which its own procedure grants or refuses.

    `hold`, `until`: of HOLD, and the one hold that RELEASE releases; `to`: of SET_STATE, which
    raises ValueError without it. Reminding asks for a reminder and for no other letter, should it
    have been sent already.
    """
    match asking:
        case Asking.REMIND:
            return requests.SendNow(letter=LetterKind.REMINDER, actor=actor, reason=reason)
        case Asking.NOTIFY:
            return requests.SendNow(letter=LetterKind.NOTICE, actor=actor, reason=reason)
        case Asking.HAND_OVER:
            return requests.HandOver(actor=actor, reason=reason)
        case Asking.HOLD:
            kind = hold or HoldKind.MANUAL
            return requests.Hold(hold=kind, until=until, actor=actor, reason=reason)
        case Asking.RELEASE:
            return requests.Release(hold=hold, actor=actor, reason=reason)
        case Asking.SET_STATE:
            if to is None:
                raise ValueError("a state is needed to set invoices to")
            return requests.SetState(to=to, actor=actor, reason=reason)
        case Asking.WITHDRAW:
            return requests.Withdraw(actor=actor, reason=reason)
        case Asking.CANCEL:
            return requests.Cancel(actor=actor, reason=reason)


def asking_of(request: Request) -> Asking:
    """The mass action that a request belongs to."""
    if isinstance(request, requests.SendNow):
        return Asking.NOTIFY if request.letter is LetterKind.NOTICE else Asking.REMIND
    return Asking(request.kind)
