"""How many random lives the property tests of the procedure and the ledger play.

`KARHU_TEST_DEPTH=10000` is for the night: each of those tests then plays so many.
"""

from __future__ import annotations

import os

_DEPTH = int(os.environ.get("KARHU_TEST_DEPTH", "0"))


def lives(by_day: int) -> int:
    """So many by day; by night as many as the environment says."""
    return _DEPTH or by_day
