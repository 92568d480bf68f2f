"""The cases in the sandbox's database."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.agency import AgencyService, CollectionPhase, CollectionStatus, Debtor, Document
from integrations.intrum_sandbox.records import Case
from integrations.intrum_sandbox.storage.rows import Rows, instant_of, text_of

_FIXED = (
    *("reference", "service", "creditor", "business_id", "contract_number", "invoice_number"),
    *("debtor_key", "path"),
    *("assigned_principal_cents", "assigned_interest_cents", "assigned_fees_cents"),
)
_MOVING = (
    *("debtor", "step", "status", "changed_at", "next_at", "rest_seconds", "disputes"),
    *("merged_into", "principal_cents", "interest_cents", "fees_cents", "credited_cents"),
    *("paid_directly_cents", "collected_cents", "settled_cents"),
)
_ADD = (
    f"INSERT INTO cases ({', '.join((*_FIXED, *_MOVING))})"  # noqa: S608 - names of columns alone
    f" VALUES ({', '.join(f':{name}' for name in (*_FIXED, *_MOVING))})"
)
_SAVE = (
    f"UPDATE cases SET {', '.join(f'{name} = :{name}' for name in _MOVING)}"  # noqa: S608 - as above
    " WHERE number = :number"
)
_ACTIVE = tuple(
    status.value for status in CollectionStatus if status.phase is CollectionPhase.ACTIVE
)
_IN_ACTIVE = f"status IN ({', '.join('?' for _ in _ACTIVE)})"


class Cases(Rows):
    """Cases by number, reference, debtor, and by when they move."""

    def add(self, case: Case) -> Case:
        """Store a new case; its number is given here."""
        case.number = self._db.execute(_ADD, _row(case)).lastrowid or 0
        return case

    def save(self, case: Case) -> None:
        """Store what moves in a case: its step, status, times, debtor and amounts."""
        self._db.execute(_SAVE, _row(case))

    def get(self, identifier: str) -> Case | None:
        """The case of that id, if there is one."""
        digits = identifier.removeprefix("INT-")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
            return None
        found = self._where("number = ?", int(digits))
        return found[0] if found and found[0].id == identifier else None

    def of_number(self, number: int) -> Case:
        """The case of a number that another row names."""
        return self._where("number = ?", number)[0]

    def of_invoice(self, reference: str, business_id: str, invoice_number: str) -> Case | None:
        """The newest case of that reference, or of that invoice under another one."""
        found = self._where(
            "reference = ? OR (business_id = ? AND invoice_number = ?)"
            " ORDER BY number DESC LIMIT 1",
            *(reference, business_id, invoice_number),
        )
        return found[0] if found else None

    def merged_into(self, case: Case) -> list[Case]:
        """The claims that go on under this case."""
        return self._where("merged_into = ? ORDER BY number", case.number)

    def another_of_debtor(self, case: Case) -> Case | None:
        """The oldest other case of the same creditor and debtor that is active and undisputed."""
        found = self._where(
            f"business_id = ? AND debtor_key = ? AND number <> ? AND disputes = 0 AND {_IN_ACTIVE}"
            " ORDER BY number LIMIT 1",
            *(case.business_id, case.debtor_key, case.number, *_ACTIVE),
        )
        return found[0] if found else None

    def after(self, number: int, limit: int) -> list[Case]:
        """Cases with greater numbers, in order."""
        return self._where("number > ? ORDER BY number LIMIT ?", number, limit)

    def newest(self, limit: int) -> list[Case]:
        """The newest cases, newest first."""
        return self._where("1 ORDER BY number DESC LIMIT ?", limit)

    def due(self, now: datetime, limit: int) -> list[Case]:
        """Cases whose next status is due by `now`, the earliest first."""
        return self._where("next_at <= ? ORDER BY next_at, number LIMIT ?", text_of(now), limit)

    def next_due(self) -> datetime | None:
        """When the next status of any case is due."""
        found = self._db.execute(
            "SELECT min(next_at) FROM cases WHERE next_at IS NOT NULL"
        ).fetchone()[0]
        return instant_of(found) if found else None

    def count_by_status(self) -> dict[CollectionStatus, int]:
        """How many cases stand where."""
        rows = self._db.execute("SELECT status, count(*) FROM cases GROUP BY status")
        counts = {CollectionStatus(status): int(count) for status, count in rows}
        return {status: counts[status] for status in CollectionStatus if status in counts}

    def add_documents(self, case: Case, documents: Sequence[Document]) -> None:
        """Note which papers came along; their contents are not kept."""
        self._db.executemany(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?)",
            [
                (case.number, paper.name, paper.media_type, paper.sha256, len(paper.content))
                for paper in documents
            ],
        )

    def documents(self, case: Case) -> list[dict[str, object]]:
        """The papers that came along: name, media type, SHA-256 and size."""
        rows = self._db.execute(
            "SELECT name, media_type, sha256, bytes FROM documents WHERE case_number = ?"
            " ORDER BY rowid",
            (case.number,),
        )
        return [dict(row) for row in rows]

    def _where(self, where: str, *values: object) -> list[Case]:
        rows = self._db.execute(f"SELECT * FROM cases WHERE {where}", values)  # noqa: S608 - ours
        return [_case(dict(row)) for row in rows]


def _case(row: dict[str, object]) -> Case:
    rest = row.pop("rest_seconds")
    return Case(
        **{
            **row,
            "service": AgencyService(str(row["service"])),
            "debtor": Debtor.model_validate_json(str(row["debtor"])),
            "status": CollectionStatus(str(row["status"])),
            "changed_at": instant_of(str(row["changed_at"])),
            "next_at": instant_of(str(row["next_at"])) if row["next_at"] else None,
            "rest": timedelta(seconds=float(str(rest))) if rest is not None else None,
        }  # type: ignore[arg-type]  # the columns are the fields
    )


def _row(case: Case) -> dict[str, object]:
    return vars(case) | {
        "service": case.service.value,
        "debtor": case.debtor.model_dump_json(),
        "status": case.status.value,
        "changed_at": text_of(case.changed_at),
        "next_at": text_of(case.next_at) if case.next_at else None,
        "rest_seconds": case.rest.total_seconds() if case.rest is not None else None,
        "rest": None,
    }
