"""The web pages, as a browser asks for them: each one of a company like the demonstration's, and
that of open invoices of a company that has very many."""

from __future__ import annotations

import itertools
import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median
from urllib.parse import quote

import httpx
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from bench import books
from bench.books import Made
from bench.figures import Bench
from bench.results import Figure
from domain.roles import Role
from domain.sections import Section
from starter import access
from starter.api.app import create_app
from starter.settings import Settings
from starter.stack.ports import choose
from starter.web import navigation, security
from store import credentials, people

TIMES = 25

_ASKED = {
    "all open": [""],
    "a section": [f"section={section.value}" for section in Section],
    "each order": [
        f"sort={sign}{by}"
        for sign in ("", "-")
        for by in ("due", "number", "customer", "sum", "status", "step")
    ],
    "a search": [f"search={quote(said)}" for said in ("123456", "malliasiakas 777", "123,45 €")],
    "a search that many fit": [f"search={quote(said)}" for said in ("1", "malliasiakas oy")],
    "held ones": ["held=1"],
    "those that need attention": ["attention=1"],
}


def open_invoices(bench: Bench, business_id: str, count: int) -> Figure:
    """The whole page, from the request to its last byte: session, query, template."""
    detail = {}
    with _reader(bench, business_id) as client:
        for what, queries in _ASKED.items():
            taken = list(_timed(client, business_id, queries))
            detail[what] = median(taken)
        following = _following(client, business_id)
        detail["the pages after the first"] = median(following)
    slowest = max(detail, key=lambda what: detail[what])
    bench.screen.say(f"the page of {count} invoices: at most {detail[slowest]:.1f} ms ({slowest})")
    return Figure(
        f"page of open invoices, of {count} invoices",
        "ms",
        detail[slowest],
        None,
        target=150.0,
        detail={f"{what}, median (ms)": round(taken, 1) for what, taken in detail.items()},
    )


def every_page(bench: Bench) -> Figure:
    """Each page of a company with a quarter of a year of invoices, and of its accounting firm."""
    began = time.monotonic()
    made = books.make(bench.database)
    with bench.database.engine.connect().execution_options(
        isolation_level="AUTOCOMMIT"
    ) as connection:
        connection.execute(text("VACUUM ANALYZE"))
    bench.screen.say(f"the books to show: {time.monotonic() - began:.0f} s")
    taken = {}
    with _reader(bench, made.business_id, Role.MAIN, firm=made.firm) as client:
        for address in _addresses(made):
            # The first time a template is compiled, and figures are counted that are kept then.
            _open(client, address)
            taken[address] = median(_open(client, address)[0] for _ in range(TIMES))
    shown = {_plain(made, address): milliseconds for address, milliseconds in taken.items()}
    slowest = max(shown, key=lambda address: shown[address])
    bench.screen.say(
        f"{len(shown)} pages: at most {shown[slowest]:.1f} ms ({slowest}),"
        f" {median(shown.values()):.1f} ms the one in the middle"
    )
    return Figure(
        f"each of {len(shown)} pages, of {books.INVOICES} invoices with their history",
        "ms",
        shown[slowest],
        None,
        target=100.0,
        detail={
            f"{address}, median (ms)": round(shown[address], 1)
            for address in sorted(shown, key=lambda address: -shown[address])
        },
    )


def _addresses(made: Made) -> list[str]:
    """The menus' entries, and a page of each other kind."""
    company, firm = f"/companies/{made.business_id}", f"/firms/{made.firm}"
    menus = [
        base + entry.path
        for base, groups in ((company, navigation.OF_COMPANY), (firm, navigation.OF_FIRM))
        for group in groups
        for entry in group.entries
    ]
    rule, invoice = f"/automation/rules/{made.rule_id}", f"/invoices/{made.invoice_id}"
    others = (
        *("/invoices?section=overdue", "/invoices?search=malli", "/invoices?attention=1"),
        *(invoice, f"{invoice}/hold", f"{invoice}/state", f"{invoice}/withdraw", f"{invoice}/pay"),
        "/mass-actions/new?action=hold&all=1",
        f"/mass-actions/{made.action_id}",
        *(f"/customers/{made.customer_id}", f"/customers/{made.customer_id}/edit"),
        *(rule, f"{rule}/customers", f"{rule}/events", "/automation/prevented"),
        *(f"/imports/{made.import_id}", f"/imports/{made.import_id}/records/1"),
        *(f"/payments/{made.payment_id}", "/payments?waiting=0", "/payments/bank-feed"),
        *("/intrum/cases", f"/intrum/cases/{made.case_id}", "/intrum/messages?of=out"),
        *("/intrum/proposals", "/intrum/settlements", "/intrum/drift", "/intrum/contract"),
        f"/intrum/settlements/{made.settlement_id}",
        *("/settings/log", "/users/new", "/tokens/new"),
    )
    return ["/companies", *menus, *(company + other for other in others)]


def _plain(made: Made, address: str) -> str:
    """The address without what is this run's alone."""
    kind, _, rest = address.lstrip("/").partition("/")
    said = rest.replace(made.business_id, "").replace(made.firm, "").strip("/")
    return f"{kind}: {re.sub(r'[0-9]+', '*', said) or 'the first page'}"


def _timed(client: httpx.Client, business_id: str, queries: list[str]) -> Iterator[float]:
    of = itertools.cycle(queries)
    for _ in range(max(TIMES, 2 * len(queries))):
        yield _open(client, f"/companies/{business_id}/invoices?{next(of)}")[0]


def _following(client: httpx.Client, business_id: str) -> list[float]:
    taken, address = [], f"/companies/{business_id}/invoices"
    for _ in range(TIMES):
        milliseconds, text = _open(client, address)
        taken.append(milliseconds)
        address = text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    return taken


def _open(client: httpx.Client, address: str) -> tuple[float, str]:
    began = time.perf_counter()
    answer = client.get(address)
    taken = (time.perf_counter() - began) * 1000
    assert answer.status_code == 200, address
    return taken, answer.text


@contextmanager
def _reader(
    bench: Bench, business_id: str, role: Role = Role.CLERK, *, firm: str = ""
) -> Iterator[httpx.Client]:
    """The application, and somebody of the company, and of its firm, who has signed in."""
    # The application starts without a Temporal that answers; but it wants an address of one.
    os.environ.setdefault("TEMPORAL_ADDRESS", bench.stack.addresses.temporal)
    url = bench.database.engine.url.render_as_string(hide_password=False)
    secret, kept = access.new_secret(access.SESSION_PREFIX)
    now = datetime.now(UTC)
    with bench.database.transaction() as session:
        place = people.company_place(session, business_id)
        assert place is not None
        user = people.add_user(
            session,
            email=f"{business_id}@esimerkki.example",
            name="Maija Malliasiakas",
            language="fi",
            password_hash="",
            now=now,
        )
        assert user is not None
        people.enrol(session, place, user.id, role)
        if (of_firm := people.firm_place(session, firm)) is not None:
            people.enrol(session, of_firm, user.id, Role.TPK)
        credentials.open_session(session, user.id, kept, "bench", now)
    app = create_app(Settings.model_construct(database_url=SecretStr(url)))
    with (
        _served(app) as address,
        httpx.Client(
            base_url=address, cookies={security.SESSION: secret}, timeout=30, trust_env=False
        ) as client,
    ):
        yield client


@contextmanager
def _served(app: FastAPI) -> Iterator[str]:
    """The application on a port of its own; its address."""
    port = choose()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
