"""An SMTP server that keeps each message as a file, for trying things out and for tests.

    python -m integrations.smtp_catcher --host 127.0.0.1 --port 8425 --dir var/karhu/mail

It is a mailbox as the debtor's would be: a message whose Message-ID is there already, word for word
the same, is a repeat and stays one file. Every accepted delivery, repeats too, is a line in
`deliveries.jsonl`; a Message-ID that comes back with another content is a conflict: both are kept.

It can be as difficult as real servers are: a file named `REFUSE` in the folder makes it answer 451
(try again later) while it is there, recipients at `*.bounce.example` are refused for good with 550,
those at `*.later-bounce.example` are accepted and then reported as undeliverable (RFC 3464) in a
folder `bounces` beside that of the messages, and `--delay-ms` makes every message slow.
"""

import argparse
import asyncio
import contextlib
import email
import email.policy
import hashlib
import json
import os
import re
import signal
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote

from aiosmtpd.smtp import SMTP, Envelope, Session

DELIVERIES = "deliveries.jsonl"
REFUSE = "REFUSE"
BOUNCING = re.compile(r"@([^@]+\.)?bounce\.example$", re.IGNORECASE)
BOUNCING_LATER = re.compile(r"@([^@]+\.)?later-bounce\.example$", re.IGNORECASE)
BOUNCES = "bounces"

MAX_MESSAGE_BYTES = 25 * 1024 * 1024

# File names may be 255 bytes on most systems; this leaves room for what is added.
_MAX_NAME = 180


@dataclass(frozen=True)
class Delivery:
    """One accepted delivery: a line of `deliveries.jsonl`.

    `file` is the message's name in the folder, `time` the real instant in ISO 8601 (UTC), `sha256`
    that of the message's bytes. `repeat`: the same message was there already. `conflict`: another
    message was there under the same Message-ID.
    """

    message_id: str
    time: str
    sha256: str
    file: str
    repeat: bool
    conflict: bool


def file_name(message_id: str) -> str:
    """The file name, without its ending, for a Message-ID; different for different ones."""
    name = quote(message_id.strip().removeprefix("<").removesuffix(">"), safe="@+=")
    if name.startswith("."):
        name = "%2E" + name[1:]
    if len(name) > _MAX_NAME:
        name = f"{name[:_MAX_NAME]}~{hashlib.sha256(message_id.encode()).hexdigest()[:16]}"
    return name


class Mailbox:
    """A folder of messages. One process at a time may write to it."""

    def __init__(
        self, folder: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.folder = folder
        self._now = now
        folder.mkdir(parents=True, exist_ok=True)
        for half in folder.glob("*.part"):
            half.unlink()

    def accept(self, content: bytes) -> Delivery:
        """Keep a message and record its delivery, both on the disk when this returns."""
        sha256 = hashlib.sha256(content).hexdigest()
        # A letter's PDF need not be read to know its name.
        head = content.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
        headers = email.message_from_bytes(head, policy=email.policy.compat32)
        message_id = str(headers["Message-ID"] or f"<{sha256}@no-message-id>").strip()
        name = file_name(message_id)
        usual = self.folder / f"{name}.eml"
        other = self.folder / f"{name}.conflict-{sha256[:16]}.eml"
        conflict = usual.exists() and usual.read_bytes() != content
        target = other if conflict else usual
        repeat = target.exists()
        if not repeat:
            self._keep(target, content)
        delivery = Delivery(
            message_id=message_id,
            time=self._now().isoformat(),
            sha256=sha256,
            file=target.name,
            repeat=repeat,
            conflict=conflict,
        )
        self._record(delivery)
        return delivery

    def _keep(self, target: Path, content: bytes) -> None:
        part = target.with_name(f"{target.name}.part")
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.rename(target)
        self._sync(target.parent)

    def bounce(self, content: bytes, sender: str, recipient: str) -> None:
        """Report a kept message as undeliverable, in the folder of bounces."""
        folder = self.folder.parent / BOUNCES
        folder.mkdir(parents=True, exist_ok=True)
        name, report = _undeliverable(content, sender, recipient, self._now())
        self._keep(folder / f"{name}.eml", report)

    def _record(self, delivery: Delivery) -> None:
        with (self.folder / DELIVERIES).open("ab+") as file:
            # After a crash in the middle of a line the next one still starts a line of its own.
            if file.tell() > 0:
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    file.write(b"\n")
            file.write(json.dumps(asdict(delivery)).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    @staticmethod
    def _sync(folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


_REPORT = """\
Message-ID: <{name}@smtp-catcher.example>
Date: {date}
From: Mail Delivery System <mailer-daemon@smtp-catcher.example>
To: {sender}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="{name}"

--{name}
Content-Type: text/plain; charset=us-ascii

Your message could not be delivered.

--{name}
Content-Type: message/delivery-status

Reporting-MTA: dns; smtp-catcher.example

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such mailbox, found out later

--{name}
Content-Type: text/rfc822-headers

{headers}

--{name}--
"""


def _undeliverable(content: bytes, sender: str, recipient: str, now: datetime) -> tuple[str, bytes]:
    """A delivery status notification on a message (RFC 3464), and its name."""
    name = f"dsn-{hashlib.sha256(content).hexdigest()[:32]}"
    headers = content.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("utf-8", "replace")
    report = _REPORT.format(
        name=name, date=format_datetime(now), sender=sender, recipient=recipient, headers=headers
    )
    return name, report.replace("\n", "\r\n").encode()


def read_deliveries(folder: Path) -> list[Delivery]:
    """The accepted deliveries in order; none if nothing came yet. A torn line is passed over: its
    sender never got an answer and will deliver again."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        for line in (folder / DELIVERIES).read_text().splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                found.append(Delivery(**json.loads(line)))
    return found


class Catcher:
    """What the server does with recipients and messages (an aiosmtpd handler)."""

    def __init__(self, mailbox: Mailbox, delay_seconds: float = 0.0) -> None:
        self._mailbox = mailbox
        self._delay = delay_seconds

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Take a recipient, or refuse it for now (451) or for good (550)."""
        if (self._mailbox.folder / REFUSE).exists():
            return f"451 4.3.0 not now: remove the file {REFUSE} to have mail accepted again"
        if BOUNCING.search(address):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep the message; the answer says that it is on the disk."""
        await asyncio.sleep(self._delay)
        content = envelope.content
        content = content if isinstance(content, bytes) else b""
        delivery = self._mailbox.accept(content)
        for address in envelope.rcpt_tos:
            if BOUNCING_LATER.search(address):
                self._mailbox.bounce(content, envelope.mail_from or "", address)
        return f"250 2.0.0 kept as {delivery.file}"


async def serve(host: str, port: int, folder: Path, delay_seconds: float = 0.0) -> None:
    """Serve until SIGINT or SIGTERM. Raises `OSError` if the port is taken."""
    catcher = Catcher(Mailbox(folder), delay_seconds)
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    server = await loop.create_server(
        lambda: SMTP(
            catcher,
            hostname="smtp-catcher.example",
            data_size_limit=MAX_MESSAGE_BYTES,
            enable_SMTPUTF8=True,
            loop=loop,
        ),
        host,
        port,
    )
    await stopping.wait()
    server.close()


def main() -> None:
    """Run the server as its own process."""
    parser = argparse.ArgumentParser(
        prog="smtp_catcher", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8425)
    parser.add_argument("--dir", type=Path, required=True, help="where the messages are kept")
    parser.add_argument("--delay-ms", type=int, default=0, help="make every message this slow")
    given = parser.parse_args()
    asyncio.run(serve(given.host, given.port, given.dir, given.delay_ms / 1000))


if __name__ == "__main__":
    main()
