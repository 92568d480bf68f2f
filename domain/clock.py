"""Business time: the only place where a procedure's "now" comes from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict, PositiveFloat

TOLERANCE = timedelta(seconds=20)
"""How late, in real time, a wake-up may be and still count as on time.

Timers and queues need a moment. At speed 1 this is nothing; at days per second it is what lets a
letter planned for Tuesday morning be Tuesday's letter although Wednesday has begun by the time a
busy machine gets round to it.
"""


class Clock(BaseModel):
    """A clock that showed `origin` (business time) at the instant `anchor` (real time).

    Production runs at speed 1 with `origin == anchor`, where business time is real time.
    A demonstration runs at many business seconds to the real second.

    >>> noon = datetime(2026, 10, 1, 12, tzinfo=UTC)
    >>> Clock(origin=noon, anchor=noon, speed=86_400).now(noon + timedelta(seconds=2)).day
    3
    """

    model_config = ConfigDict(frozen=True)

    origin: AwareDatetime
    anchor: AwareDatetime
    speed: PositiveFloat = 1.0

    def now(self, real: datetime) -> datetime:
        """The business instant (aware UTC) at a real instant."""
        return (self.origin + (real - self.anchor) * self.speed).astimezone(UTC)

    def real(self, business: datetime) -> datetime:
        """The real instant (aware UTC) at which this clock shows a business instant."""
        return (self.anchor + (business - self.origin) / self.speed).astimezone(UTC)

    def acting(self, planned: datetime | None, now: datetime) -> datetime:
        """When something planned for `planned` and done at `now` (both business) counts as done.

        At its planned instant if it is no later than `TOLERANCE` in real time, else now.
        """
        if planned is not None and planned <= now <= planned + TOLERANCE * self.speed:
            return planned
        return now


REAL_TIME = Clock(
    origin=datetime(2000, 1, 1, tzinfo=UTC), anchor=datetime(2000, 1, 1, tzinfo=UTC), speed=1.0
)
"""Business time that is real time."""
