# ruff: noqa: PLC0415 - imported when the command is called
"""Which company or accounting firm is meant, and what a person is told when it does not go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from starter.cli.console import fail

if TYPE_CHECKING:
    from sqlmodel import Session

    from store.people import Place

AtCompany = Annotated[str | None, typer.Option("--company", help="A company's business id.")]
AtFirm = Annotated[str | None, typer.Option("--firm", help="An accounting firm's business id.")]


def the_place(session: Session, company: str | None, firm: str | None) -> Place:
    """The company or the firm; fails in words if there is none."""
    from store import people

    if (company is None) == (firm is None):
        fail("say which company or accounting firm: --company BUSINESS_ID or --firm BUSINESS_ID")
    if company is not None:
        found, what = people.company_place(session, company), f"company {company}"
    else:
        found, what = people.firm_place(session, firm or ""), f"accounting firm {firm}"
    if found is None:
        fail(f"there is no {what}: look for a mistyped digit")
    return found


@contextmanager
def in_words() -> Iterator[None]:
    """Say what cannot be done and what to do instead, and end with exit code 1."""
    from domain.sign_in import WeakPassword
    from starter.people import NotDone

    try:
        yield
    except NotDone as error:
        fail(f"{error}; {error.remedy}")
    except WeakPassword as error:
        fail(str(error))
