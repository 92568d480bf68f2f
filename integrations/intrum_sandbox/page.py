"""One page for a person: cases, contracts, messages, callbacks and faults. It names no debtor."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from domain.calendar import HELSINKI
from domain.money import format_eur
from integrations.intrum_sandbox.admin import (
    Switches,
    Terms,
    sign_contract,
    switch_faults,
)
from integrations.intrum_sandbox.checks import Refusal, read_form
from integrations.intrum_sandbox.faults import Faults
from integrations.intrum_sandbox.keys import Guard
from integrations.intrum_sandbox.records import Case
from integrations.intrum_sandbox.sandbox import Sandbox

_CASES = 200
_REFUSALS = 20
_FORM_BYTES = 4096
_STYLE = """
  body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem; max-width: 75rem; }
  table { border-collapse: collapse; margin: .5rem 0 1.5rem; }
  th, td { text-align: left; padding: .3rem .8rem; border-bottom: 1px solid #ddd; }
  .sum { text-align: right; font-variant-numeric: tabular-nums; }
  .settled { color: #17692f; } .ended { color: #7a4a00; }
  form { margin: .5rem 0 1.5rem; } input, select { font: inherit; }
"""
_KEY = '<label>Key <input type="password" name="key" required size="12"></label>'
_SERVICES = {
    "reminder,collection": "reminder and collection",
    "collection": "collection only",
    "": "none: it ends",
}


def routes(sandbox: Sandbox) -> APIRouter:
    """GET / and GET /health without a key, and what the page's forms post, with it."""
    routes = APIRouter()
    guard = Guard(sandbox)

    @routes.get("/health")
    async def health() -> JSONResponse:
        healthy = sandbox.healthy
        return JSONResponse({"healthy": healthy}, status_code=200 if healthy else 503)

    @routes.get("/")
    async def index() -> HTMLResponse:
        return HTMLResponse(render(sandbox))

    @routes.post("/contracts")
    async def sign(request: Request) -> RedirectResponse:
        form = await _form(request, guard)
        bought = filter(None, form.get("services", "").split(","))
        terms = read_form(Terms, {"services": list(bought)})
        sign_contract(sandbox, form.get("business_id", ""), form.get("number", ""), terms)
        return RedirectResponse("/", status_code=303)

    @routes.post("/faults")
    async def switch(request: Request) -> RedirectResponse:
        form = await _form(request, guard)
        fault, value = form.get("fault", ""), form.get("value", "")
        said: dict[str, Any] = {"faults": {fault: value}}
        if seconds := form.get("for_seconds"):
            said["for_seconds"] = seconds
        switch_faults(sandbox, read_form(Switches, said))
        return RedirectResponse("/", status_code=303)

    return routes


async def _form(request: Request, guard: Guard) -> dict[str, str]:
    """The fields of a form that shows the key. Raises Refusal without it."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _FORM_BYTES:
            raise Refusal(413, "too_large", f"a form has at most {_FORM_BYTES} bytes")
    fields = {name: values[0].strip() for name, values in parse_qs(body.decode("latin-1")).items()}
    if not guard.opens(fields.pop("key", "")):
        raise Refusal(401, "unauthorized", "the key is missing or wrong")
    return fields


def render(sandbox: Sandbox) -> str:
    """The page as it is now."""
    storage, now = sandbox.storage, sandbox.real_now()
    business = sandbox.settings.clock.now(now)
    delivered, lost = storage.outbox.delivered_or_lost()
    counts = storage.cases.count_by_status()
    by_status = (
        (_status_text(status.finnish, status.english), str(count))
        for status, count in counts.items()
    )
    contracts = (
        (
            contract.business_id,
            contract.number,
            ", ".join(contract.services) or "ended",
            str(contract.in_force_from),
            contract.iban or "–",
        )
        for contract in storage.contracts.all()
    )
    refusals = (
        (_local(refused.at), refused.what, refused.code, refused.reason)
        for refused in storage.inbox.latest_refused(_REFUSALS)
    )
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Intrum sandbox</title>
<style>{_STYLE}</style>
<h1>Intrum sandbox</h1>
<p>A made-up agency for trying Karhu out; nothing here reaches Intrum or a debtor.
Business time {_local(business)}.</p>
<h2>Faults</h2>
{_faults(sandbox.board.now(now))}
<h2>Callbacks</h2>
<p>{delivered} delivered, {storage.outbox.waiting()} waiting, {lost} lost on purpose.</p>
<h2>Messages</h2>
<p>Taken: {_counts(storage.inbox.count_by_kind())}.
Refused: {_counts(storage.inbox.count_by_code())}.</p>
{_table(("At", "Message", "Refused with", "Reason"), refusals)}
<h2>Contracts</h2>
{_open_contracts(sandbox)}
{_table(("Creditor", "Contract", "Services", "From", "Account"), contracts)}
<form method="post" action="/contracts">
<label>Business id <input name="business_id" required size="10"></label>
<label>Contract <input name="number" required size="10"></label>
<label>Services <select name="services">{_options(_SERVICES)}</select></label>
{_KEY} <button>Sign or change</button></form>
<h2>Cases</h2>
{_table(("Status", "Cases"), by_status)}
<p>The newest of {sum(counts.values())}:</p>
{_cases(storage.cases.newest(_CASES))}
</html>
"""


def _faults(faults: Faults) -> str:
    on = {name: value for name, value in faults.model_dump().items() if value}
    said = ", ".join(f"{name} {value:g}" for name, value in on.items()) or "none"
    names = {name: name for name in Faults.model_fields}
    return f"""<p>On: {escape(said)}.</p>
<form method="post" action="/faults">
<label>Fault <select name="fault">{_options(names)}</select></label>
<label>Value <input name="value" required size="5" value="1"></label>
<label>Seconds <input name="for_seconds" size="5"></label>
{_KEY} <button>Switch</button></form>"""


def _open_contracts(sandbox: Sandbox) -> str:
    if not sandbox.settings.open_contracts:
        return ""
    return "<p>Any other contract number is taken as signed (open contracts).</p>"


def _cases(cases: list[Case]) -> str:
    rows = "".join(
        f'<tr class="{case.status.phase}">'
        + "".join(f"<td>{escape(cell)}</td>" for cell in _cells(case))
        + f'<td class="sum">{escape(format_eur(case.open_cents, "en"))}</td></tr>'
        for case in cases
    )
    return (
        f"<table><thead>{_headings(_HEADINGS)}</thead><tbody>{rows}</tbody></table>"
        if cases
        else "<p>None.</p>"
    )


_HEADINGS = ("Case", "Reference", "Creditor", "Service", "Status", "Since", "Next", "Open")


def _cells(case: Case) -> tuple[str, ...]:
    status = _status_text(case.status.finnish, case.status.english)
    if case.disputed:
        status += ", disputed"
    return (
        *(case.id, case.reference, case.creditor, case.service.value, status),
        *(_local(case.changed_at), _local(case.next_at) if case.next_at else "–"),
    )


def _status_text(finnish: str, english: str) -> str:
    return f"{finnish} ({english})"


def _counts(counts: Mapping[str, int]) -> str:
    return escape(", ".join(f"{count} {name}" for name, count in counts.items()) or "none")


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead>{_headings(headings)}</thead><tbody>{body}</tbody></table>" * bool(body)


def _headings(names: tuple[str, ...]) -> str:
    return "<tr>" + "".join(f"<th>{name}</th>" for name in names) + "</tr>"


def _options(options: Mapping[str, str]) -> str:
    return "".join(
        f'<option value="{escape(value)}">{escape(text)}</option>'
        for value, text in options.items()
    )


def _local(instant: datetime) -> str:
    return instant.astimezone(HELSINKI).strftime("%Y-%m-%d %H:%M")
