"""The contracts in the sandbox's database."""

from datetime import date

from domain.agency import AgencyService
from integrations.intrum_sandbox.records import Contract
from integrations.intrum_sandbox.storage.rows import Rows


class Contracts(Rows):
    """Contracts by the creditor's business id and their number; those that ended stay."""

    def get(self, business_id: str, number: str) -> Contract | None:
        """That contract, if it was ever signed."""
        found = self._where("business_id = ? AND number = ?", business_id, number)
        return found[0] if found else None

    def all(self) -> list[Contract]:
        """Every contract."""
        return self._where("1 ORDER BY business_id, number")

    def save(self, contract: Contract, in_force_from: date) -> None:
        """Sign it, or change what was signed."""
        self._db.execute(
            "INSERT OR REPLACE INTO contracts VALUES (?, ?, ?, ?, ?)",
            (
                contract.business_id,
                contract.number,
                ",".join(contract.services),
                in_force_from.isoformat(),
                contract.iban,
            ),
        )

    def _where(self, where: str, *values: object) -> list[Contract]:
        rows = self._db.execute(f"SELECT * FROM contracts WHERE {where}", values)  # noqa: S608 - ours
        return [
            Contract(
                business_id=row["business_id"],
                number=row["number"],
                services=tuple(map(AgencyService, filter(None, row["services"].split(",")))),
                in_force_from=date.fromisoformat(row["in_force_from"]),
                iban=row["iban"],
            )
            for row in rows
        ]
