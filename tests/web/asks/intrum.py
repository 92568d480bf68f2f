"""The collection agency's pages."""

from collections.abc import Mapping

from sqlmodel import col, select

from domain.roles import Action, Role
from store.tables import AgencyCase
from tests.starter import api_books, api_settlements
from tests.starter.api_world import World
from tests.web.asks import Ask

_ALL = "/companies/{business_id}/intrum"
_TERMS = {"agency": "intrum", "number": "S-1", "services": "both", "from_state": "overdue"}


def _case(world: World) -> Mapping[str, object]:
    # A new one for each who asks, with an owner: who sees his own invoices alone sees it, too.
    row = api_settlements.at_the_agency(world)
    owner = f"user:{world.users['company', Role.OWN_ONLY]}"
    api_books.change(world, row, owner=owner)
    with world.database.transaction() as session:
        query = select(AgencyCase.id).where(col(AgencyCase.invoice_id) == row.id)
        return {"case_id": session.exec(query).one()}


def _settlement(world: World) -> Mapping[str, object]:
    if "web settlement" not in world.kept:
        taken = api_settlements.settlement(world)
        world.kept["web settlement"] = {"settlement_id": taken.id}
    kept: Mapping[str, object] = world.kept["web settlement"]
    return kept


ASKS = {
    ("GET", _ALL): Ask(Action.READ_AGENCY),
    ("GET", f"{_ALL}/contract"): Ask(Action.SET_AGENCY),
    # Of a version that there never was: it is refused, beyond what the table of roles says.
    ("POST", f"{_ALL}/contract"): Ask(Action.SET_AGENCY, data={**_TERMS, "version": "-1"}),
    ("GET", f"{_ALL}/end"): Ask(Action.SET_AGENCY),
    ("POST", f"{_ALL}/end"): Ask(Action.SET_AGENCY, data={"agency": "intrum", "version": "-1"}),
    ("GET", f"{_ALL}/cases"): Ask(Action.READ_AGENCY),
    ("GET", f"{_ALL}/cases/{{case_id}}"): Ask(Action.READ_AGENCY, _case),
    ("GET", f"{_ALL}/messages"): Ask(Action.READ_AGENCY),
    ("GET", f"{_ALL}/proposals"): Ask(Action.READ_AGENCY),
    ("GET", f"{_ALL}/settlements"): Ask(Action.READ_PAYMENTS),
    ("GET", f"{_ALL}/settlements/{{settlement_id}}"): Ask(Action.READ_PAYMENTS, _settlement),
    **{
        (method, f"{_ALL}/settlements/{{settlement_id}}/{what}"): Ask(
            # Of a settlement that has not been paid: what does not fit it is not done.
            Action.BOOK_PAYMENTS,
            _settlement,
            data={"reason": "seen to"} if method == "POST" else {},
        )
        for method in ("GET", "POST")
        for what in ("release", "retry", "set-aside")
    },
    ("GET", f"{_ALL}/drift"): Ask(Action.READ_PAYMENTS),
}
