"""One page for a person: what cases there are and where they stand."""

from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from integrations.intrum_sandbox.records import Case

_HELSINKI = ZoneInfo("Europe/Helsinki")
_HEADINGS = ("Case", "Reference", "Creditor", "Service", "Status", "Since", "Next", "Open")


def render(cases: list[Case], total: int, waiting: int, now: datetime) -> str:
    """The page, for the newest cases of `total`. No debtor is named on it."""
    rows = "".join(_row(case) for case in cases)
    headings = "".join(f"<th>{heading}</th>" for heading in _HEADINGS)
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Intrum sandbox</title>
<style>
  body {{ font: 15px/1.4 system-ui, sans-serif; margin: 2rem; }}
  table {{ border-collapse: collapse; }}
  th, td {{ text-align: left; padding: .3rem .8rem; border-bottom: 1px solid #ddd; }}
  td:last-child {{ text-align: right; font-variant-numeric: tabular-nums; }}
  .settled {{ color: #17692f; }} .ended {{ color: #7a4a00; }}
</style>
<h1>Intrum sandbox</h1>
<p>A made-up agency for trying Karhu out; nothing here reaches Intrum or a debtor.</p>
<p>{total} cases, the newest first; {waiting} callbacks waiting. Business time {_local(now)}.</p>
<table><thead><tr>{headings}</tr></thead><tbody>{rows}</tbody></table>
</html>
"""


def _row(case: Case) -> str:
    status = f"{case.status.finnish} ({case.status.english})"
    cells = (
        case.id,
        case.reference,
        case.creditor,
        case.service.value,
        status,
        _local(case.changed_at),
        _local(case.next_at) if case.next_at else "–",
        f"{case.open_cents // 100}.{case.open_cents % 100:02} €",
    )
    cells_html = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr class="{case.status.phase}">{cells_html}</tr>'


def _local(instant: datetime) -> str:
    return instant.astimezone(_HELSINKI).strftime("%Y-%m-%d %H:%M")
