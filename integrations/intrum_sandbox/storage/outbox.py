"""Messages told, and the callbacks that are still to be made, in the sandbox's database."""

import json
import sqlite3
from datetime import datetime
from typing import Any

from domain.agency import ContractMessage, MessageKind, StatusMessage
from integrations.intrum_sandbox.records import Callback, Case, Delivery
from integrations.intrum_sandbox.storage.rows import Rows, instant_of, text_of

# The callbacks of one case (or contract) go out in order: each waits for the earlier ones. One that
# is kept back stands in nobody's way, and goes out once a later one of its stream has gone.
_DELIVERABLE = """
    m.copies_left > 0 AND CASE WHEN m.kept_back THEN EXISTS (
        SELECT 1 FROM told l WHERE l.stream = m.stream
        AND l.sequence > m.sequence AND l.copies_left = 0
    ) ELSE NOT EXISTS (
        SELECT 1 FROM told e WHERE e.stream = m.stream
        AND e.sequence < m.sequence AND e.copies_left > 0 AND NOT e.kept_back
    ) END
"""


class Outbox(Rows):
    """What has been said, in order; the number of its row is a message's sequence."""

    def tell(
        self, message_id: str, stream: str, body: dict[str, Any], how: Delivery, now: datetime
    ) -> None:
        """Put a message, without its sequence, in line for telling. `now` is real time."""
        self._db.execute(
            "INSERT INTO told (message_id, kind, stream, body, copies_left, kept_back, lost,"
            " spoiled, next_try_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(message_id, body["kind"], stream, json.dumps(body, ensure_ascii=False)),
                *(how.copies, how.kept_back, how.copies == 0, how.spoiled, text_of(now)),
            ),
        )

    def statuses_after(self, sequence: int, limit: int) -> list[StatusMessage]:
        """Status messages after a sequence number, in order."""
        return self._statuses("sequence > ? ORDER BY sequence LIMIT ?", sequence, limit)

    def statuses_of(self, case: Case) -> list[StatusMessage]:
        """Every status of a case, in order."""
        return self._statuses("stream = ? ORDER BY sequence", stream_of(case))

    def contracts_after(self, sequence: int, limit: int) -> list[ContractMessage]:
        """Announcements of contracts after a sequence number, in order."""
        rows = self._db.execute(
            "SELECT * FROM told WHERE kind = 'contract' AND sequence > ? ORDER BY sequence LIMIT ?",
            (sequence, limit),
        )
        return [ContractMessage.model_validate_json(_body(row)) for row in rows]

    def count_of(self, stream: str) -> int:
        """How many messages have gone out under a name, or will."""
        return self._count("SELECT count(*) FROM told WHERE stream = ?", stream)

    def due(self, now: datetime, limit: int) -> list[Callback]:
        """Messages whose turn to be called back has come. `now` is real time."""
        rows = self._db.execute(
            f"SELECT m.* FROM told m WHERE {_DELIVERABLE} AND m.next_try_at <= ?"  # noqa: S608 - ours
            " ORDER BY m.sequence LIMIT ?",
            (text_of(now), limit),
        )
        return [Callback(_message(row), row["tries"], row["spoiled"]) for row in rows]

    def next_try(self) -> datetime | None:
        """The real instant of the next callback that is in turn."""
        found = self._db.execute(
            f"SELECT min(m.next_try_at) FROM told m WHERE {_DELIVERABLE}"  # noqa: S608 - ours
        ).fetchone()[0]
        return instant_of(found) if found else None

    def waiting(self) -> int:
        """How many messages have not (or not often enough) been delivered."""
        return self._count("SELECT count(*) FROM told WHERE copies_left > 0")

    def delivered_or_lost(self) -> tuple[int, int]:
        """How many were delivered, and how many were lost on purpose."""
        lost = self._count("SELECT count(*) FROM told WHERE lost")
        return self._count("SELECT count(*) FROM told WHERE copies_left = 0 AND NOT lost"), lost

    def delivered(self, sequence: int) -> None:
        """One copy of the message has been answered with 2xx."""
        self._db.execute(
            "UPDATE told SET copies_left = copies_left - 1, tries = 0 WHERE sequence = ?",
            (sequence,),
        )

    def spoiled_sent(self, sequence: int) -> None:
        """What was to go wrong has gone wrong: the true message is next."""
        self._db.execute("UPDATE told SET spoiled = '' WHERE sequence = ?", (sequence,))

    def try_again(self, sequence: int, at: datetime) -> None:
        """The callback was not taken; the next try is at a real instant."""
        self._db.execute(
            "UPDATE told SET tries = tries + 1, next_try_at = ? WHERE sequence = ?",
            (text_of(at), sequence),
        )

    def try_all_at(self, now: datetime) -> None:
        """Let every waiting callback be tried at once, as after a restart."""
        self._db.execute(
            "UPDATE told SET tries = 0, next_try_at = ? WHERE copies_left > 0", (text_of(now),)
        )

    def _statuses(self, where: str, *values: object) -> list[StatusMessage]:
        rows = self._db.execute(
            f"SELECT * FROM told WHERE kind = 'status' AND {where}",  # noqa: S608 - ours
            values,
        )
        return [StatusMessage.model_validate_json(_body(row)) for row in rows]


def stream_of(case: Case) -> str:
    """What the messages of a case go out under, one after the other."""
    return f"case:{case.number}"


def _message(row: sqlite3.Row) -> StatusMessage | ContractMessage:
    if row["kind"] == MessageKind.CONTRACT:
        return ContractMessage.model_validate_json(_body(row))
    return StatusMessage.model_validate_json(_body(row))


def _body(row: sqlite3.Row) -> str:
    return json.dumps(json.loads(row["body"]) | {"sequence": row["sequence"]})
