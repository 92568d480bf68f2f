"""Letters that came back: delivery status notifications in a bounce mailbox.

A mail server that accepted a letter and could not deliver it afterwards says so with a message of
the type `multipart/report; report-type=delivery-status` (RFC 6522 and RFC 3464). It names the
letter by the Message-ID in the headers that it returns.

The mailbox is a maildir (with `new` and `cur`) or a plain folder of `*.eml` files, filled by
whatever delivers mail there. What is not a report of a failure is left alone: somebody else may
want to read it.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import unquote
from pathlib import Path

MAX_BYTES = 1024 * 1024
"""A report is small; what is larger is not read."""

_DONE = "done"
_SEEN = ":2,S"
_MESSAGE_ID = re.compile(r"<[^<>\s]+@[^<>\s]+>")


@dataclass(frozen=True, slots=True)
class Bounce:
    """One letter's delivery has failed for good.

    `message_id` is the letter's own, with its angle brackets; `status` the enhanced status code
    (RFC 3463), `reason` what the server said, on one line, without the recipient's address.
    """

    message_id: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """A bounce, and the file that reports it."""

    bounce: Bounce
    path: Path


def read(content: bytes) -> Bounce | None:
    """The failure that a message reports; None if it reports none. Never raises.

    A delay (`Action: delayed`) is no failure: the server goes on trying. A report on several
    recipients counts as a failure if all of them failed, and a letter has one recipient.
    """
    message = email.message_from_bytes(content, policy=email.policy.default)
    try:
        return _read(message)
    # The library raises all sorts of errors for headers that are no headers.
    except Exception:  # a message that cannot be read reports nothing
        return None


def _read(message: EmailMessage) -> Bounce | None:
    if message.get_content_type() != "multipart/report":
        return None
    if str(message.get_param("report-type", "")).lower() != "delivery-status":
        return None
    parts = [part for part in message.iter_parts() if isinstance(part, EmailMessage)]
    status = next((p for p in parts if p.get_content_type() == "message/delivery-status"), None)
    message_id = _letter(parts) or _first_id(message, "In-Reply-To", "References")
    if status is None or message_id is None:
        return None
    fields = [block for block in _blocks(status) if block.get("Action")]
    actions = {str(block["Action"]).split("(")[0].strip().lower() for block in fields}
    if actions != {"failed"}:
        return None
    first = fields[0]
    said = str(first.get("Diagnostic-Code") or first.get("Status") or "").partition(";")
    return Bounce(
        message_id=message_id,
        status=str(first.get("Status") or "").split(" ")[0],
        reason=_one_line(said[2] or said[0]) or "the mail server gives no reason",
    )


def _blocks(status: EmailMessage) -> list[EmailMessage]:
    """The groups of fields of a delivery status: of the message, then of each recipient."""
    payload = status.get_payload()
    return [block for block in payload if isinstance(block, EmailMessage)] if payload else []


def _letter(parts: list[EmailMessage]) -> str | None:
    """The Message-ID in what the report returns of the letter: all of it, or its headers."""
    for part in parts[1:]:
        if part.get_content_type() == "message/rfc822":
            inner = part.get_content()
            if isinstance(inner, EmailMessage) and (found := _first_id(inner, "Message-ID")):
                return found
        if part.get_content_type() == "text/rfc822-headers":
            raw = part.get_payload(decode=True)
            headers = email.message_from_bytes(
                raw if isinstance(raw, bytes) else b"", policy=email.policy.default
            )
            if found := _first_id(headers, "Message-ID"):
                return found
    return None


def _first_id(message: EmailMessage, *headers: str) -> str | None:
    for header in headers:
        if found := _MESSAGE_ID.search(str(message.get(header) or "")):
            return found[0]
    return None


def _one_line(text: str) -> str:
    without_address = re.sub(r"<?[^\s<>]+@[^\s<>]+>?:?", "", unquote(text))
    return " ".join(without_address.split())[:300]


# ── the mailbox ──────────────────────────────────────────────────────────────────────────────


class BounceMailbox:
    """A folder of messages. One process at a time may empty it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._passed_over: set[str] = set()

    def reports(self) -> Iterator[Report]:
        """The failures reported in the folder, oldest first; none if there is no folder yet.

        A message that is no such report is read once and then left alone. Raises OSError.
        """
        there = sorted(self._files(), key=lambda path: path.stat().st_mtime)
        self._passed_over &= {path.name for path in there}
        for path in there:
            if path.name in self._passed_over:
                continue
            bounce = read(path.read_bytes()) if path.stat().st_size <= MAX_BYTES else None
            if bounce is None:
                self.leave(path)
            else:
                yield Report(bounce, path)

    def leave(self, path: Path) -> None:
        """The message stays where it is, and is not read again."""
        self._passed_over.add(path.name)

    def done(self, report: Report) -> None:
        """The report has been taken note of: put it away, in a maildir as read. Raises OSError."""
        path = report.path
        if path.parent.name in {"new", "cur"}:
            name = path.name.partition(":2,")[0] + _SEEN
            path.replace(path.parent.parent / "cur" / name)
            self._passed_over.add(name)
            return
        put_away = path.parent / _DONE
        put_away.mkdir(exist_ok=True)
        path.replace(put_away / path.name)

    def _files(self) -> list[Path]:
        if (self.folder / "new").is_dir():
            # Also what a person's mail program has moved on meanwhile.
            folders = [self.folder / "new", self.folder / "cur"]
            return [path for folder in folders for path in folder.iterdir() if path.is_file()]
        return [path for path in self.folder.glob("*.eml") if path.is_file()]
