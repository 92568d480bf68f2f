"""Signed callbacks: HMAC-SHA256 (RFC 2104, FIPS 180-4) over the sending time and the body.

The signed text is `timestamp + "." + body`, so neither can be changed alone, and a recorded
callback goes stale. The timestamp is real Unix time in seconds. The receiver judges it by real time
too: a business clock that runs days in a second would find every callback stale.
"""

import hashlib
import hmac
from datetime import datetime, timedelta

from integrations.agency.errors import CallbackRefused

TIMESTAMP_HEADER = "X-Agency-Timestamp"
SIGNATURE_HEADER = "X-Agency-Signature"
REPLAY_WINDOW = timedelta(minutes=5)
_VERSION = "v1="


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The signature header's value for a body sent at `timestamp` (real Unix seconds)."""
    signed = str(timestamp).encode() + b"." + body
    return _VERSION + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def verify(
    secret: str,
    timestamp: str,
    signature: str,
    body: bytes,
    *,
    now: datetime,
    window: timedelta = REPLAY_WINDOW,
) -> None:
    """Return if the body is what the holder of the secret sent within `window` of `now`.

    `now` is the real instant of receiving. Raises CallbackRefused: bad_signature, or stale for a
    true signature outside the window (a replay, or clocks that are apart).
    """
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise CallbackRefused("bad_signature", f"{TIMESTAMP_HEADER} is not a Unix time in seconds")
    expected = sign(secret, int(timestamp), body)
    # Compared as bytes: compare_digest refuses text outside ASCII, which a header may hold.
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise CallbackRefused("bad_signature", f"{SIGNATURE_HEADER} does not match the body")
    if abs(now.timestamp() - int(timestamp)) > window.total_seconds():
        raise CallbackRefused(
            "stale",
            f"{TIMESTAMP_HEADER} is more than {window.total_seconds():.0f} s from the receiver's "
            "time; if it is not a replay, set the clocks right",
        )
