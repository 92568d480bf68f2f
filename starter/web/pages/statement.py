"""What a month's letters cost the company."""

import csv
import io
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from domain.money import to_decimal
from domain.roles import Action
from domain.statement import Month, Statement
from domain.tariff import VAT_PERCENT
from starter.web.entry import in_company
from starter.web.page import Page
from store.statement import statements

router = APIRouter(prefix="/companies/{business_id}/statement")


@router.get("")
def show_statement(
    page: Annotated[Page, in_company(Action.READ_STATEMENTS)], month: str = ""
) -> Response:
    """The month asked for, or the one that runs."""
    said = _statement(page, month)
    this = said.month
    return page.render(
        "statement/statement.html",
        statement=said,
        vat=VAT_PERCENT / 100,
        before=_before(this),
        after=this.following if this < _running(page) else None,
    )


@router.get("/file")
def statement_file(
    page: Annotated[Page, in_company(Action.READ_STATEMENTS)], month: str = ""
) -> Response:
    """The same as a table (CSV, RFC 4180, in euros)."""
    said = _statement(page, month)
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(["month", "channel", "letters", "service", "transaction", "reversed", "sum"])
    for line in said.lines:
        cents = (line.service_cents, line.transaction_cents, line.reversed_cents, line.sum_cents)
        table.writerow([said.month, line.channel, line.letters, *(to_decimal(c) for c in cents)])
    name = f"karhu-{page.here.business_id}-{said.month}.csv"
    return page.file(file.getvalue().encode(), "text/csv; charset=utf-8", name)


def _statement(page: Page, month: str) -> Statement:
    try:
        chosen = Month.parse(month)
    except ValueError:
        chosen = _running(page)
    with page.transaction() as session:
        (said,) = statements(session, chosen, page.here.business_id)
    return said


def _running(page: Page) -> Month:
    return Month(page.today().year, page.today().month)


def _before(month: Month) -> Month:
    if month.month == 1:
        return Month(month.year - 1, 12)
    return Month(month.year, month.month - 1)
