"""What the agency has collected and remitted, in the sandbox's database."""

import sqlite3
from dataclasses import dataclass
from datetime import date

from domain.agency import Settlement
from integrations.intrum_sandbox.records import Amounts, Case
from integrations.intrum_sandbox.storage.rows import Rows


@dataclass(frozen=True)
class Receipt:
    """Money that a debtor paid to the agency, or that was taken back of it (below zero), not yet
    remitted. `under`: the case's number."""

    number: int
    case_number: int
    under: int
    amounts: Amounts
    paid_on: date


class Money(Rows):
    """Money in, money out."""

    def receive(self, case: Case, under: Case, amounts: Amounts, paid_on: date) -> None:
        """Note what was paid on a claim, or taken back; `under` is its case, or the one it was
        merged into."""
        self._db.execute(
            "INSERT INTO collected (case_number, under_number, principal_cents, interest_cents,"
            " fees_cents, paid_on) VALUES (?, ?, ?, ?, ?, ?)",
            (
                *(case.number, under.number),
                *(amounts.principal_cents, amounts.interest_cents, amounts.fees_cents),
                paid_on.isoformat(),
            ),
        )

    def unsettled(self) -> list[Receipt]:
        """What is to be remitted, in the order in which it came."""
        rows = self._db.execute(
            "SELECT * FROM collected WHERE settlement_number IS NULL ORDER BY number"
        )
        return [
            Receipt(
                row["number"],
                row["case_number"],
                row["under_number"],
                _amounts(row),
                date.fromisoformat(row["paid_on"]),
            )
            for row in rows
        ]

    def of_claim(self, case: Case) -> list[Amounts]:
        """What came and went of a claim's money, in its order."""
        rows = self._db.execute(
            "SELECT * FROM collected WHERE case_number = ? ORDER BY number", (case.number,)
        )
        return [_amounts(row) for row in rows]

    def next_number(self) -> int:
        """The number of the settlement that is made next."""
        return self._count("SELECT coalesce(max(number), 0) + 1 FROM settlements")

    def settle(self, number: int, settlement: Settlement, receipts: list[Receipt]) -> None:
        """Note a settlement of these receipts."""
        self._db.execute(
            "INSERT INTO settlements (number, body) VALUES (?, ?)",
            (number, settlement.model_dump_json()),
        )
        self._db.executemany(
            "UPDATE collected SET settlement_number = ? WHERE number = ?",
            [(number, receipt.number) for receipt in receipts],
        )

    def settlements_after(self, number: int, limit: int) -> list[tuple[int, Settlement]]:
        """Settlements with greater numbers, in order."""
        return self._settlements("number > ? ORDER BY number LIMIT ?", number, limit)

    def unfiled(self) -> list[tuple[int, Settlement]]:
        """Settlements that have not been written into the folder."""
        return self._settlements("NOT filed ORDER BY number")

    def filed(self, number: int) -> None:
        """It has been written into the folder."""
        self._db.execute("UPDATE settlements SET filed = 1 WHERE number = ?", (number,))

    def _settlements(self, where: str, *values: object) -> list[tuple[int, Settlement]]:
        rows = self._db.execute(
            f"SELECT number, body FROM settlements WHERE {where}",  # noqa: S608 - ours
            values,
        )
        return [(int(number), Settlement.model_validate_json(body)) for number, body in rows]


def _amounts(row: sqlite3.Row) -> Amounts:
    return Amounts(row["principal_cents"], row["interest_cents"], row["fees_cents"])
