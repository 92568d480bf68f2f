"""What is asked of and put into the sandbox's database."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from domain.agency import AgencyService, Collected, CollectionStatus, StatusMessage
from integrations.intrum_sandbox.records import Callback, Case, Taken, case_id
from integrations.intrum_sandbox.schema import open_database

# A case's callbacks go out in order: each waits for the earlier ones. One that is kept back stands
# in nobody's way, and goes out once a later one of its case has arrived.
_DELIVERABLE = """
    m.copies_left > 0 AND CASE WHEN m.kept_back THEN EXISTS (
        SELECT 1 FROM told l WHERE l.case_number = m.case_number
        AND l.sequence > m.sequence AND l.copies_left = 0
    ) ELSE NOT EXISTS (
        SELECT 1 FROM told e WHERE e.case_number = m.case_number
        AND e.sequence < m.sequence AND e.copies_left > 0 AND NOT e.kept_back
    ) END
"""


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


class Storage:
    """The database file. Opened, used and closed by the same thread."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._open: sqlite3.Connection | None = None

    @property
    def _db(self) -> sqlite3.Connection:
        if self._open is None:
            raise RuntimeError(f"{self._file} is not open")
        return self._open

    def open(self) -> None:
        """Open the file, making it if need be. Raises RuntimeError for one of another version."""
        self._open = open_database(self._file)

    def close(self) -> None:
        """Close the file; nothing more may be asked."""
        self._db.close()
        self._open = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # Cases

    def add_case(self, case: Case) -> Case:
        """Store a new case; its number is given here."""
        cursor = self._db.execute(
            "INSERT INTO cases (reference, service, creditor, path, step, status, changed_at,"
            " next_at, principal_cents, interest_cents, fees_cents, paid_directly_cents)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (case.reference, case.service.value, case.creditor, case.path, *_moving(case)),
        )
        case.number = cursor.lastrowid or 0
        return case

    def save_case(self, case: Case) -> None:
        """Store what moves in a case: its step, status, times and amounts."""
        self._db.execute(
            "UPDATE cases SET step = ?, status = ?, changed_at = ?, next_at = ?,"
            " principal_cents = ?, interest_cents = ?, fees_cents = ?, paid_directly_cents = ?"
            " WHERE number = ?",
            (*_moving(case), case.number),
        )

    def case(self, identifier: str) -> Case | None:
        """The case of that id, if there is one."""
        digits = identifier.removeprefix("INT-")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
            return None
        found = self._cases("WHERE number = ?", int(digits))
        return found[0] if found and found[0].id == identifier else None

    def case_of(self, reference: str) -> Case | None:
        """The newest case of that reference."""
        found = self._cases("WHERE reference = ? ORDER BY number DESC LIMIT 1", reference)
        return found[0] if found else None

    def cases(self, after: int, limit: int) -> list[Case]:
        """Cases with greater numbers than `after`, in order."""
        return self._cases("WHERE number > ? ORDER BY number LIMIT ?", after, limit)

    def newest_cases(self, limit: int) -> list[Case]:
        """The newest cases, newest first."""
        return self._cases("ORDER BY number DESC LIMIT ?", limit)

    def due_cases(self, now: datetime, limit: int) -> list[Case]:
        """Cases whose next status is due by `now`, the earliest first."""
        return self._cases("WHERE next_at <= ? ORDER BY next_at, number LIMIT ?", _text(now), limit)

    def next_due(self) -> datetime | None:
        """When the next status of any case is due."""
        found = self._db.execute(
            "SELECT min(next_at) FROM cases WHERE next_at IS NOT NULL"
        ).fetchone()[0]
        return _instant(found) if found else None

    def count_cases(self) -> int:
        """How many cases there are."""
        return int(self._db.execute("SELECT count(*) FROM cases").fetchone()[0])

    def _cases(self, where: str, *values: object) -> list[Case]:
        rows = self._db.execute(f"SELECT * FROM cases {where}", values)  # noqa: S608
        return [
            Case(
                **{
                    **row,
                    "service": AgencyService(row["service"]),
                    "status": CollectionStatus(row["status"]),
                    "changed_at": _instant(row["changed_at"]),
                    "next_at": _instant(row["next_at"]) if row["next_at"] else None,
                }
            )
            for row in map(dict, rows)
        ]

    # Messages taken

    def taken(self, idempotency_key: str) -> Taken | None:
        """The message that was taken under this key."""
        found = self._taken("WHERE idempotency_key = ?", idempotency_key)
        return found[0] if found else None

    def taken_of(self, case: Case) -> list[Taken]:
        """Every message taken on a case, in order."""
        return self._taken("WHERE case_number = ? ORDER BY rowid", case.number)

    def knows_identifier(self, case: Case, kind: str, identifier: str) -> bool:
        """Whether the payment or credit note of that identifier was told already."""
        found = self._db.execute(
            "SELECT 1 FROM taken WHERE case_number = ? AND kind = ? AND identifier = ?",
            (case.number, kind, identifier),
        )
        return found.fetchone() is not None

    def take(self, taken: Taken, identifier: str | None) -> None:
        """Remember a message and its answer."""
        self._db.execute(
            "INSERT INTO taken VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                taken.idempotency_key,
                taken.case_number,
                taken.kind,
                identifier,
                taken.body,
                taken.status,
                _text(taken.taken_at),
            ),
        )

    def _taken(self, where: str, *values: object) -> list[Taken]:
        rows = self._db.execute(
            f"SELECT idempotency_key, case_number, kind, body, status, taken_at FROM taken {where}",  # noqa: S608
            values,
        )
        return [Taken(**{**row, "taken_at": _instant(row["taken_at"])}) for row in map(dict, rows)]

    # Messages told

    def tell(
        self,
        case: Case,
        *,
        occurred_at: datetime,
        collected: Collected | None,
        copies: int,
        kept_back: bool,
        now: datetime,
    ) -> None:
        """Put the case's status in line for telling. `now` is real time, the rest business time."""
        self._db.execute(
            "INSERT INTO told (message_id, case_number, status, occurred_at, principal_cents,"
            " collected_principal_cents, collected_interest_cents, collected_fees_cents,"
            " copies_left, kept_back, next_try_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                # Not the sequence: a sandbox begun afresh must not repeat ids already known.
                uuid4().hex,
                case.number,
                case.status.finnish,
                _text(occurred_at),
                case.principal_cents,
                collected.principal_cents if collected else None,
                collected.interest_cents if collected else None,
                collected.fees_cents if collected else None,
                copies,
                kept_back,
                _text(now),
            ),
        )

    def count_told(self) -> int:
        """How many status messages there are; the next one's sequence is greater."""
        return int(self._db.execute("SELECT count(*) FROM told").fetchone()[0])

    def told_after(self, sequence: int, limit: int) -> list[StatusMessage]:
        """Status messages after a sequence number, in order."""
        return self._told("WHERE m.sequence > ? ORDER BY m.sequence LIMIT ?", sequence, limit)

    def told_of(self, case: Case) -> list[StatusMessage]:
        """Every status of a case, in order."""
        return self._told("WHERE m.case_number = ? ORDER BY m.sequence", case.number)

    def _told(self, where: str, *values: object) -> list[StatusMessage]:
        return [_message(row) for row in self._db.execute(f"{_TOLD} {where}", values)]

    # Callbacks

    def callbacks(self, now: datetime, limit: int) -> list[Callback]:
        """Messages whose turn to be called back has come. `now` is real time."""
        rows = self._db.execute(
            f"{_TOLD} WHERE {_DELIVERABLE} AND m.next_try_at <= ? ORDER BY m.sequence LIMIT ?",
            (_text(now), limit),
        )
        return [Callback(_message(row), row["tries"]) for row in rows]

    def next_try(self) -> datetime | None:
        """The real instant of the next callback that is in turn."""
        found = self._db.execute(
            f"SELECT min(m.next_try_at) FROM told m WHERE {_DELIVERABLE}"  # noqa: S608
        ).fetchone()[0]
        return _instant(found) if found else None

    def waiting_callbacks(self) -> int:
        """How many messages have not (or not often enough) been delivered."""
        return int(
            self._db.execute("SELECT count(*) FROM told WHERE copies_left > 0").fetchone()[0]
        )

    def delivered(self, sequence: int) -> None:
        """One copy of the message has been answered with 2xx."""
        self._db.execute(
            "UPDATE told SET copies_left = copies_left - 1, tries = 0 WHERE sequence = ?",
            (sequence,),
        )

    def try_again(self, sequence: int, at: datetime) -> None:
        """The callback was not taken; the next try is at a real instant."""
        self._db.execute(
            "UPDATE told SET tries = tries + 1, next_try_at = ? WHERE sequence = ?",
            (_text(at), sequence),
        )

    def try_all_at(self, now: datetime) -> None:
        """Let every waiting callback be tried at once, as after a restart."""
        self._db.execute(
            "UPDATE told SET tries = 0, next_try_at = ? WHERE copies_left > 0", (_text(now),)
        )


_TOLD = "SELECT m.*, c.reference FROM told m JOIN cases c ON c.number = m.case_number"


def _moving(case: Case) -> tuple[object, ...]:
    return (
        case.step,
        case.status.value,
        _text(case.changed_at),
        _text(case.next_at) if case.next_at else None,
        case.principal_cents,
        case.interest_cents,
        case.fees_cents,
        case.paid_directly_cents,
    )


def _message(row: sqlite3.Row) -> StatusMessage:
    collected = None
    if row["collected_principal_cents"] is not None:
        collected = Collected(
            principal_cents=row["collected_principal_cents"],
            interest_cents=row["collected_interest_cents"],
            fees_cents=row["collected_fees_cents"],
        )
    return StatusMessage(
        message_id=row["message_id"],
        case_reference=row["reference"],
        agency_case_id=case_id(row["case_number"]),
        status=row["status"],
        occurred_at=_instant(row["occurred_at"]),
        sequence=row["sequence"],
        principal_cents=row["principal_cents"],
        collected=collected,
    )
