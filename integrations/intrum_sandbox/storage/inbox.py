"""Messages taken and refused, in the sandbox's database."""

from integrations.intrum_sandbox.records import Case, Refused, Taken
from integrations.intrum_sandbox.storage.rows import Rows, instant_of, text_of

_REFUSALS_KEPT = 1000


class Inbox(Rows):
    """What has come in: all that was taken, and the latest of what was refused."""

    def taken(self, idempotency_key: str) -> Taken | None:
        """The message that was taken under this key."""
        found = self._taken("idempotency_key = ?", idempotency_key)
        return found[0] if found else None

    def taken_of(self, case: Case) -> list[Taken]:
        """Every message taken on a case, in order."""
        return self._taken("case_number = ? ORDER BY rowid", case.number)

    def knows(self, case: Case, kind: str, identifier: str) -> bool:
        """Whether the payment, reversal or credit note of that identifier was told already."""
        query = "SELECT count(*) FROM taken WHERE case_number = ? AND kind = ? AND identifier = ?"
        return self._count(query, case.number, kind, identifier) > 0

    def take(self, taken: Taken, identifier: str | None) -> None:
        """Remember a message and its answer."""
        self._db.execute(
            "INSERT INTO taken VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                taken.idempotency_key,
                taken.case_number,
                taken.kind,
                identifier,
                taken.digest,
                taken.status,
                text_of(taken.taken_at),
            ),
        )

    def count_by_kind(self) -> dict[str, int]:
        """How many messages of each kind were taken."""
        rows = self._db.execute("SELECT kind, count(*) FROM taken GROUP BY kind ORDER BY kind")
        return {str(kind): int(count) for kind, count in rows}

    def refuse(self, refused: Refused) -> None:
        """Remember why a message was not taken."""
        cursor = self._db.execute(
            "INSERT INTO refused (at, what, code, reason) VALUES (?, ?, ?, ?)",
            (text_of(refused.at), refused.what, refused.code, refused.reason),
        )
        oldest = (cursor.lastrowid or 0) - _REFUSALS_KEPT
        self._db.execute("DELETE FROM refused WHERE number <= ?", (oldest,))

    def latest_refused(self, limit: int) -> list[Refused]:
        """The latest refusals, newest first."""
        rows = self._db.execute(
            "SELECT at, what, code, reason FROM refused ORDER BY number DESC LIMIT ?", (limit,)
        )
        return [Refused(instant_of(at), what, code, reason) for at, what, code, reason in rows]

    def count_by_code(self) -> dict[str, int]:
        """How many of the refusals kept have each code."""
        rows = self._db.execute("SELECT code, count(*) FROM refused GROUP BY code ORDER BY code")
        return {str(code): int(count) for code, count in rows}

    def _taken(self, where: str, *values: object) -> list[Taken]:
        rows = self._db.execute(
            f"SELECT * FROM taken WHERE {where}",  # noqa: S608 - ours
            values,
        )
        return [
            Taken(
                idempotency_key=row["idempotency_key"],
                case_number=row["case_number"],
                kind=row["kind"],
                digest=row["digest"],
                status=row["status"],
                taken_at=instant_of(row["taken_at"]),
            )
            for row in rows
        ]
