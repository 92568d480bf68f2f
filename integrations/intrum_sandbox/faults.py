"""How bad an agency to be, now: as the settings have it, as the script says, as was switched."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat

from domain.clock import Clock

if TYPE_CHECKING:
    from integrations.intrum_sandbox.script import ScriptLine
    from integrations.intrum_sandbox.storage.notes import Notes

Rate = Annotated[float, Field(ge=0, le=1)]
_STARTED = "started at"


class Faults(BaseModel):
    """What goes wrong. Rates are from 0 (never) to 1 (always), drawn by the seed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    latency_before_ms: NonNegativeFloat = 0
    """Real milliseconds before a message is looked at."""
    latency_ms: NonNegativeFloat = 0
    """Real milliseconds that every answer of the API is late, after the message has been taken."""
    down: bool = False
    """Every request is answered with 503."""
    refuse: bool = False
    """Nobody listens on the port: connections are refused."""
    failure_rate: Rate = 0
    """Requests answered with 503 before anything is done."""
    fail_after_taking: Rate = 0
    """Messages answered with 500 after they were taken; a repeat is answered as it should be."""
    duplicate_callbacks: Rate = 0
    """Callbacks sent a second time after they were taken."""
    reorder_callbacks: Rate = 0
    """Callbacks kept back until the case's next one has been delivered."""
    lose_callbacks: Rate = 0
    """Callbacks, of statuses and of contracts, that are never sent: only polling has them."""
    damage_callbacks: Rate = 0
    """Callbacks that come with a body that the signature does not fit, before they come right."""
    garbage_callbacks: Rate = 0
    """Callbacks that come as well-signed nonsense, before they come right."""
    unknown_statuses: Rate = 0
    """Steps before which a status is told that is none of the twenty."""
    part_payments: Rate = 0
    """Steps before which the debtor pays a third of what is open."""
    payments_taken_back: Rate = 0
    """Steps before which the debtor's last payment to the agency is taken back, if there is one."""
    merge_cases: Rate = 0
    """Steps at which a case is merged into another one of the same debtor, if there is one."""


def switched(base: Faults, changes: Mapping[str, float]) -> Faults:
    """The faults with some of them changed. Raises pydantic's ValidationError."""
    return Faults.model_validate({**base.model_dump(), **changes})


class FaultBoard:
    """Which faults are on. What is switched stands in the database, so a restart keeps it."""

    def __init__(
        self, base: Faults, script: Sequence[ScriptLine], notes: Notes, clock: Clock
    ) -> None:
        self._base = base
        self._script = script
        self._notes = notes
        self._clock = clock
        self._requests = itertools.count(1)
        self._current = base
        self._stale_at: datetime | None = None
        self._stale = True

    def start(self, real_now: datetime) -> None:
        """Note when the sandbox first started on this database: the script counts from there."""
        if self._notes.instant(_STARTED) is None:
            self._notes.write_instant(_STARTED, real_now)

    def count_request(self, real_now: datetime) -> int:
        """The number of a request, from 1, counted since this start; lines for it take effect."""
        number = next(self._requests)
        for line in self._script:
            if line.request == number:
                self._play(line, real_now)
        return number

    def now(self, real_now: datetime) -> Faults:
        """The faults that are on at a real instant."""
        if self._stale or (self._stale_at is not None and real_now >= self._stale_at):
            self._refresh(real_now)
        return self._current

    def switch(self, changes: Mapping[str, float], until: datetime | None) -> None:
        """Switch faults, until a real instant or for good. Raises pydantic's ValidationError."""
        switched(self._base, changes)
        for name, value in changes.items():
            self._notes.switch(name, float(value), until)
        self._stale = True

    def clear(self) -> None:
        """Everything is again as the settings have it."""
        self._notes.unswitch()
        self._stale = True

    def _refresh(self, real_now: datetime) -> None:
        waiting = []
        for line in self._script:
            at = self._instant(line)
            if at is not None and at <= real_now:
                self._play(line, at)
            elif at is not None:
                waiting.append(at)
        values = {}
        for name, (value, until) in self._notes.faults().items():
            if until is not None and until <= real_now:
                self._notes.unswitch(name)
                continue
            values[name] = value
            if until is not None:
                waiting.append(until)
        self._current = switched(self._base, values)
        self._stale_at = min(waiting, default=None)
        self._stale = False

    def _instant(self, line: ScriptLine) -> datetime | None:
        """The real instant of a line that goes by time."""
        if line.business is not None:
            return self._clock.real(line.business)
        if line.seconds is not None:
            started = self._notes.instant(_STARTED)
            return started and started + timedelta(seconds=line.seconds)
        return None

    def _play(self, line: ScriptLine, at: datetime) -> None:
        """Switch as a line says, unless that was done before."""
        note = f"script: {line.model_dump_json()}"
        if self._notes.read(note) is not None:
            return
        self._notes.write(note, "done")
        until = at + timedelta(seconds=line.for_seconds) if line.for_seconds else None
        self._notes.switch(line.fault, line.value, until)
        self._stale = True
