"""Faults switched at run time, and the little that is known of the sandbox itself."""

from datetime import datetime

from integrations.intrum_sandbox.storage.rows import Rows, instant_of, text_of


class Notes(Rows):
    """Short values by name."""

    def read(self, name: str) -> str | None:
        """What was noted under a name."""
        found = self._db.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return str(found[0]) if found else None

    def write(self, name: str, value: str) -> None:
        """Note a value under a name, in place of an earlier one."""
        self._db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, value))

    def instant(self, name: str) -> datetime | None:
        """The instant noted under a name."""
        found = self.read(name)
        return instant_of(found) if found else None

    def write_instant(self, name: str, at: datetime) -> None:
        """Note an instant."""
        self.write(name, text_of(at))

    def faults(self) -> dict[str, tuple[float, datetime | None]]:
        """Faults as they were switched, each with the real instant until which it stands."""
        rows = self._db.execute("SELECT name, value, until FROM faults ORDER BY name")
        return {
            str(name): (float(value), instant_of(until) if until else None)
            for name, value, until in rows
        }

    def switch(self, name: str, value: float, until: datetime | None) -> None:
        """Switch a fault, until a real instant or for good."""
        self._db.execute(
            "INSERT OR REPLACE INTO faults VALUES (?, ?, ?)",
            (name, value, text_of(until) if until else None),
        )

    def unswitch(self, name: str | None = None) -> None:
        """A fault, or every fault, is again as the settings have it."""
        self._db.execute("DELETE FROM faults WHERE name = ?1 OR ?1 IS NULL", (name,))
