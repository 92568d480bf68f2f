"""Business time that never runs backwards, over restarts of a stack too.

The data folder's `clock.json` holds an instant that nobody has been shown yet: at a proper stop the
instant of the stop, and while the stack runs, one a little ahead. A stack that was killed therefore
starts a few moments of business time later than it could have, and never earlier.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from domain.clock import REAL_TIME, Clock
from starter.stack.addresses import read_json, write_private

CLOCK_FILE = "clock.json"

# How far ahead, in real time, the file is written, and how often.
AHEAD = timedelta(seconds=3)
EVERY_SECONDS = 1.0


def resume(data_dir: Path, origin: datetime | None, speed: float, real: datetime) -> Clock:
    """The clock for a stack that starts at the instant `real` (UTC).

    Real time, if nobody ever asked for anything else on this folder. Else it starts from the latest
    of what the file says and `origin`; without either from `real`.
    """
    said = read_json(data_dir / CLOCK_FILE)
    if not said and origin is None and speed == 1.0:
        return REAL_TIME
    instants = [datetime.fromisoformat(said["business"])] if said else []
    if origin is not None:
        instants.append(origin)
    return Clock(origin=max(instants, default=real), anchor=real, speed=speed)


def keep(data_dir: Path, clock: Clock, *, stopped: bool) -> None:
    """Write down where business time has got to; nothing to do in real time."""
    if clock == REAL_TIME:
        return
    real = datetime.now(UTC)
    business = clock.now(real if stopped else real + AHEAD)
    write_private(data_dir / CLOCK_FILE, {"business": business.isoformat()})
