"""For every endpoint: what it is, and a minimal valid request. Whoever adds one adds it here."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from domain.roles import Action, Role, TokenScope
from starter import tokens
from tests.starter import api_books, api_settlements
from tests.starter.api_world import CONSOLE, PASSWORD, Endpoint, World
from tests.starter.office import new_business_id

_serial = itertools.count(1)


@dataclass
class Minimal:
    """A request that the endpoint takes. `path`: parts of the address besides the business id."""

    json: Any = None
    path: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None

    @property
    def sent(self) -> dict[str, Any]:
        """What goes with it, besides the address."""
        body = {"json": self.json} if self.content is None else {"content": self.content}
        return {**body, "headers": self.headers, "params": self.params}


def _nothing(_: World) -> Minimal:
    return Minimal()


def _new_member(_: World) -> Minimal:
    return Minimal(
        {
            "email": f"uusi{next(_serial)}@esimerkki.example",
            "name": "Liisa Malliasiakas",
            "role": "read_only",
        }
    )


def _member_of(place: str) -> Callable[[World], Minimal]:
    def minimal(world: World) -> Minimal:
        there = world.firm if place == "firm" else world.company
        user_id = world.add(there, Role.READ_ONLY)
        return Minimal({"role": "clerk"}, {"user_id": str(user_id)})

    return minimal


def _new_token(_: World) -> Minimal:
    # A program that manages users grants what it has itself.
    return Minimal({"name": "Kirjanpito", "scopes": ["users:admin"]})


def _token_of(place: str) -> Callable[[World], Minimal]:
    def minimal(world: World) -> Minimal:
        there = world.firm if place == "firm" else world.company
        with world.database.transaction() as session:
            row, _ = tokens.create(
                session,
                there,
                name="Test",
                scopes=[TokenScope.INVOICES_READ],
                grants=list(TokenScope),
                expires_at=None,
                actor=CONSOLE,
                now=world.now(),
            )
            return Minimal(path={"token_id": str(row.id)})

    return minimal


def _letter(world: World) -> dict[str, str]:
    """A letter about an invoice that the one who sees only his own may see as well."""
    if "letter" not in world.kept:
        with tempfile.TemporaryDirectory() as folder:
            row, letter = api_books.sent_letter(world, Path(folder), owner=api_books.own(world))
        world.kept["letter"] = {"invoice_id": str(row.id), "letter_id": str(letter.id)}
    found: dict[str, str] = world.kept["letter"]
    return found


def _of_invoice(body: Any = None) -> Callable[[World], Minimal]:
    return lambda world: Minimal(body, {"invoice_id": _letter(world)["invoice_id"]})


def _refused_message(world: World) -> Minimal:
    # A new one each time: what was sent again is not sent again once more.
    return Minimal(path={"message_id": str(api_books.refused_message(world).id)})


def _import(world: World) -> dict[str, str]:
    """An import of one bad record."""
    if "import" not in world.kept:
        world.kept["import"] = {"import_id": str(api_books.bad_import(world).id)}
    found: dict[str, str] = world.kept["import"]
    return found


def _of_import(world: World) -> Minimal:
    return Minimal(path=_import(world))


def _correction(world: World) -> Minimal:
    return Minimal(path={**_import(world), "serial": "1"}, content=api_books.A_TABLE)


IMPORTS = "/companies/{business_id}/imports"
IMPORT = f"{IMPORTS}/{{import_id}}"


def _payment(world: World) -> dict[str, str]:
    """A transaction of the bank's that waits in the queue."""
    if "payment" not in world.kept:
        world.kept["payment"] = {"payment_id": str(api_books.waiting_payment(world).id)}
    found: dict[str, str] = world.kept["payment"]
    return found


def _of_payment(world: World) -> Minimal:
    return Minimal(path=_payment(world))


def _assignment(world: World) -> Minimal:
    return Minimal({"invoice_id": int(_letter(world)["invoice_id"])}, _payment(world))


PAYMENTS = "/companies/{business_id}/payments"
PAYMENT = f"{PAYMENTS}/{{payment_id}}"
FEED = "/companies/{business_id}/bank-feed"
AGENCY = "/companies/{business_id}/agency"


def _settlement(body: Any = None, *, settled: bool = False) -> Callable[[World], Minimal]:
    # A new one each time: each is released, tried again or set aside once.
    def minimal(world: World) -> Minimal:
        taken = api_settlements.settlement(world, settled=settled)
        return Minimal(body, {"settlement_id": str(taken.id)})

    return minimal


def _tick(world: World) -> Minimal:
    _, payment_id = api_settlements.told_payment(world)
    return Minimal({"settlement": True}, {"payment_id": str(payment_id)})


def _tick_of_entry(world: World) -> Minimal:
    row, entry = api_settlements.entered_payment(world)
    return Minimal({"entry": entry, "settlement": True}, {"invoice_id": str(row.id)})


def _drift(world: World) -> Minimal:
    api_settlements.drifted(world)
    return Minimal()


def _customer(world: World) -> dict[str, str]:
    if "customer" not in world.kept:
        world.kept["customer"] = {"customer_id": str(api_books.invoice(world).customer_id)}
    found: dict[str, str] = world.kept["customer"]
    return found


def _rule(world: World) -> dict[str, str]:
    """A rule of the company's own."""
    if "rule" not in world.kept:
        world.kept["rule"] = {"rule_id": str(api_books.own_rule(world).rule_id)}
    found: dict[str, str] = world.kept["rule"]
    return found


def _of_rule(world: World) -> Minimal:
    return Minimal(path=_rule(world))


def _of_replanning(world: World) -> Minimal:
    return Minimal(path={"replanning_id": str(api_books.asked_replanning(world).id)})


def _of_bulk(world: World) -> Minimal:
    return Minimal(path={"action_id": str(api_books.asked_bulk(world).id)})


def _holding(world: World) -> Minimal:
    return Minimal({"action": "hold", "invoices": [world.invoice(world.company)]})


BULK = "/companies/{business_id}/bulk-actions"
CUSTOMERS = "/companies/{business_id}/customers"
RULES = "/companies/{business_id}/rules"
AUTOMATION = "/companies/{business_id}/automation"
REPLANNINGS = "/companies/{business_id}/replannings"
STATEMENTS = "/companies/{business_id}/statements"
_TERMS = {"debtors": ["business"], "reminder": {"after_days": 14}, "notice": None}
_MOVE = {"customers": {"prevented": True}, "to": "automation"}


def _named(_: World) -> Minimal:
    return Minimal({"name": f"VIP {next(_serial)}", **_TERMS})


def _new_invoice(_: World) -> Minimal:
    number = next(_serial)
    return Minimal(
        {
            "number": f"E-{number}",
            "invoice_date": "2026-03-02",
            "due": "2026-03-16",
            "amount_cents": 10_000,
            "customer": {"key": f"E-{number}", "name": "Matti Malliasiakas", "private": True},
        }
    )


def _of_letter(world: World) -> Minimal:
    return Minimal(path=_letter(world))


def _webhook(json: Any = None, **headers: str) -> Callable[[World], Minimal]:
    def minimal(world: World) -> Minimal:
        webhook_id = world.webhook(world.company)
        return Minimal(json, {"webhook_id": str(webhook_id)}, dict(headers))

    return minimal


COMPANY = "/companies/{business_id}"
WEBHOOK = f"{COMPANY}/webhooks/{{webhook_id}}"
SETTLEMENTS = f"{COMPANY}/agency/settlements"
SETTLEMENT = f"{SETTLEMENTS}/{{settlement_id}}"
INVOICES = "/companies/{business_id}/invoices"
INVOICE = f"{INVOICES}/{{invoice_id}}"

# Address, action and minimal body of what is done to an invoice. It has no workflow, so the
# answer to most is that its procedure is not there to be asked.
DONE_TO_INVOICES: tuple[tuple[str, Action, Any], ...] = (
    ("hold", Action.HOLD, {}),
    ("release", Action.RELEASE, {}),
    ("cancel", Action.CANCEL, {}),
    ("state", Action.SET_STATE, {"to": "reminded"}),
    ("send-now", Action.SEND_NOW, {}),
    ("hand-over", Action.HAND_OVER, {}),
    ("withdraw", Action.WITHDRAW, {}),
    ("payments", Action.BOOK_PAYMENTS, {"amount_cents": 100}),
    ("credit-notes", Action.CREDIT, {"number": "H-1", "amount_cents": 100}),
)


REQUESTS: dict[tuple[str, str], Callable[[World], Minimal]] = {
    ("GET", "/health"): _nothing,
    ("GET", "/ready"): _nothing,
    ("POST", "/sessions"): lambda world: Minimal(
        {
            "email": world.email(world.users["company", Role.CLERK]),
            "password": PASSWORD,
        }
    ),
    ("DELETE", "/sessions/current"): _nothing,
    ("GET", "/me"): _nothing,
    ("PUT", "/me/password"): lambda _: Minimal({"current": PASSWORD, "new": PASSWORD}),
    ("GET", "/companies"): _nothing,
    ("GET", "/companies/{business_id}"): _nothing,
    ("PATCH", "/companies/{business_id}"): lambda _: Minimal(
        {"city": "Turku"}, headers={"If-Match": "*"}
    ),
    ("GET", "/firms/{business_id}"): _nothing,
    ("GET", "/firms/{business_id}/companies"): _nothing,
    ("GET", INVOICES): _nothing,
    ("POST", INVOICES): _new_invoice,
    ("GET", f"{INVOICES}/summary"): _nothing,
    ("GET", INVOICE): _of_invoice(),
    **{("POST", f"{INVOICE}/{path}"): _of_invoice(body) for path, _, body in DONE_TO_INVOICES},
    ("GET", f"{COMPANY}/approvals"): _nothing,
    ("GET", f"{COMPANY}/approvals/summary"): _nothing,
    ("POST", f"{COMPANY}/approvals"): lambda _: Minimal({"everything": True}),
    ("POST", f"{COMPANY}/approvals/refuse"): lambda _: Minimal(
        {"everything": True, "reason": "Agreed by phone."}
    ),
    ("GET", f"{COMPANY}/agency/messages"): _nothing,
    ("POST", f"{COMPANY}/agency/messages/{{message_id}}/resend"): _refused_message,
    ("GET", f"{COMPANY}/agency/proposals"): _nothing,
    ("GET", f"{COMPANY}/agency/unheard-of"): _nothing,
    ("GET", SETTLEMENTS): _nothing,
    ("GET", SETTLEMENT): _settlement(),
    ("POST", f"{SETTLEMENT}/release"): _settlement(settled=True),
    ("POST", f"{SETTLEMENT}/retry"): _settlement(),
    ("POST", f"{SETTLEMENT}/set-aside"): _settlement({"reason": "Booked by hand."}),
    ("POST", f"{PAYMENT}/settlement"): _tick,
    ("POST", f"{INVOICE}/payments/settlement"): _tick_of_entry,
    ("GET", f"{COMPANY}/agency/drift"): _drift,
    ("GET", f"{INVOICE}/draft"): _of_invoice(),
    ("PUT", f"{INVOICE}/owner"): lambda world: Minimal(
        {"user_id": world.users["company", Role.OWN_ONLY]},
        {"invoice_id": _letter(world)["invoice_id"]},
    ),
    ("GET", f"{INVOICE}/letters/{{letter_id}}"): _of_letter,
    ("GET", f"{INVOICE}/letters/{{letter_id}}/pdf"): _of_letter,
    ("GET", f"{COMPANY}/events"): _nothing,
    ("GET", f"{COMPANY}/events.csv"): _nothing,
    ("GET", f"{INVOICE}/events"): _of_invoice(),
    ("GET", f"{COMPANY}/webhooks"): _nothing,
    ("POST", f"{COMPANY}/webhooks"): lambda _: Minimal({"url": "https://esimerkki.example/karhu"}),
    ("GET", WEBHOOK): _webhook(),
    ("PATCH", WEBHOOK): _webhook({"description": "ERP"}, **{"If-Match": "*"}),
    ("DELETE", WEBHOOK): _webhook(),
    ("POST", f"{WEBHOOK}/rotate"): _webhook({}),
    ("GET", f"{WEBHOOK}/deliveries"): _webhook(),
    ("POST", f"{WEBHOOK}/resend"): _webhook({"since": "2026-03-02T07:00:00Z"}),
    ("GET", IMPORTS): _nothing,
    ("POST", IMPORTS): lambda _: Minimal(
        params={"name": "invoices.csv"}, content=api_books.A_TABLE
    ),
    ("GET", IMPORT): _of_import,
    ("GET", f"{IMPORT}/records"): _of_import,
    ("POST", f"{IMPORT}/cancel"): _of_import,
    ("POST", f"{IMPORT}/retry"): _of_import,
    ("POST", f"{IMPORT}/records/{{serial}}"): _correction,
    ("GET", PAYMENTS): _nothing,
    ("GET", PAYMENT): _of_payment,
    ("POST", f"{PAYMENT}/assign"): _assignment,
    ("POST", f"{PAYMENT}/unassign"): _assignment,
    ("POST", f"{PAYMENT}/set-aside"): lambda world: Minimal(
        {"reason": "Returned to the payer."}, _payment(world)
    ),
    ("GET", FEED): _nothing,
    ("POST", f"{FEED}/confirm"): lambda _: Minimal({}),
    ("PUT", f"{FEED}/demand"): lambda _: Minimal({"demand": "off"}),
    ("GET", AGENCY): _nothing,
    ("PUT", AGENCY): lambda _: Minimal(
        {"contract_number": "S-100", "services": ["collection"]}, headers={"If-Match": "*"}
    ),
    ("POST", f"{COMPANY}/hand-overs"): lambda _: Minimal({"state": "notified"}),
    ("GET", CUSTOMERS): _nothing,
    ("POST", f"{CUSTOMERS}/what-if"): lambda _: Minimal(_MOVE),
    ("POST", f"{CUSTOMERS}/move"): lambda _: Minimal(_MOVE),
    ("GET", f"{CUSTOMERS}/{{customer_id}}"): lambda world: Minimal(path=_customer(world)),
    ("PATCH", f"{CUSTOMERS}/{{customer_id}}"): lambda world: Minimal(
        {"city": "Turku"}, _customer(world), {"If-Match": "*"}
    ),
    ("GET", RULES): _nothing,
    ("POST", RULES): _named,
    ("POST", f"{RULES}/check"): _named,
    ("POST", f"{RULES}/what-if"): _named,
    ("GET", f"{RULES}/{{rule_id}}"): _of_rule,
    ("GET", f"{RULES}/{{rule_id}}/versions"): _of_rule,
    ("PUT", f"{RULES}/{{rule_id}}"): lambda world: Minimal(_TERMS, _rule(world), {"If-Match": "*"}),
    ("GET", AUTOMATION): _nothing,
    ("POST", f"{AUTOMATION}/on"): lambda _: Minimal({"confirmed_cost": True}),
    ("POST", f"{AUTOMATION}/off"): _nothing,
    ("GET", BULK): _nothing,
    ("POST", BULK): _holding,
    ("POST", f"{BULK}/preview"): _holding,
    ("GET", f"{BULK}/{{action_id}}"): _of_bulk,
    ("GET", f"{BULK}/{{action_id}}/refusals"): _of_bulk,
    ("POST", f"{BULK}/{{action_id}}/cancel"): _of_bulk,
    ("GET", REPLANNINGS): _nothing,
    ("GET", f"{REPLANNINGS}/{{replanning_id}}"): _of_replanning,
    ("POST", f"{REPLANNINGS}/{{replanning_id}}/cancel"): _of_replanning,
    ("GET", STATEMENTS): lambda _: Minimal(params={"month": "2026-03"}),
    ("POST", "/firms/{business_id}/companies"): lambda _: Minimal(
        {"business_id": new_business_id(), "name": "Kolmas Esimerkki Oy"}
    ),
    **{
        key: request
        for place, prefix in (
            ("company", "/companies/{business_id}"),
            ("firm", "/firms/{business_id}"),
        )
        for key, request in {
            ("GET", f"{prefix}/users"): _nothing,
            ("POST", f"{prefix}/users"): _new_member,
            ("PATCH", f"{prefix}/users/{{user_id}}"): _member_of(place),
            ("GET", f"{prefix}/tokens"): _nothing,
            ("POST", f"{prefix}/tokens"): _new_token,
            ("DELETE", f"{prefix}/tokens/{{token_id}}"): _token_of(place),
            ("GET", f"{prefix}/audit"): _nothing,
        }.items()
    },
}
"""A minimal valid request for every endpoint: one that is missing here fails the walk."""


def ask(world: World, endpoint: Endpoint, secret: str | None) -> httpx.Response:
    """Send the endpoint its minimal valid request."""
    minimal = REQUESTS[endpoint.method, endpoint.path](world)
    place = world.firm if endpoint.in_firm else world.company
    path = endpoint.path.format(**{"business_id": place.business_id, **minimal.path})
    return world.call(endpoint.method, path, secret, **minimal.sent)
