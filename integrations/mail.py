"""E-mail over SMTP (RFC 5321), one letter at a time.

MailError
├── MailUnavailable   the letter did not leave; try again
├── MailUnsure        it may have left: the answer to its last byte never came
└── MailRefused       the server will not have it, now or later
"""

from __future__ import annotations

import smtplib
import ssl
from base64 import encodebytes
from binascii import b2a_qp
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum
from pathlib import Path

TIMEOUT_SECONDS = 20.0


class MailError(Exception):
    """A letter could not be shown to have left."""


class MailUnavailable(MailError):  # noqa: N818
    """The letter did not leave; trying again is safe."""


class MailUnsure(MailError):  # noqa: N818
    """The letter may have left; send the very same message again, or not at all."""


class MailRefused(MailError):  # noqa: N818
    """The server refuses the letter for good (a 5xx answer)."""


@dataclass(frozen=True)
class Attachment:
    name: str
    content: bytes


@dataclass(frozen=True)
class Message:
    """A message as it goes out: from whom, to whom, and its bytes (RFC 5322)."""

    sender: str
    recipient: str
    content: bytes = field(repr=False)


def compose(
    *,
    message_id: str,
    sender: str,
    recipient: str,
    reply_to: str,
    subject: str,
    text: str,
    html: str,
    language: str,
    attachment: Attachment,
    at: datetime,
) -> Message:
    """A message as text and HTML, with a PDF.

    The same arguments make the same bytes, so a repeat is a repeat. `language`: ISO 639-1.
    """
    name = f"karhu-{message_id.strip('<>').partition('@')[0]}"
    headers = EmailMessage(policy=SMTP)
    headers["Message-ID"] = message_id
    headers["Date"] = format_datetime(at)
    headers["From"] = sender
    headers["To"] = recipient
    if reply_to:
        headers["Reply-To"] = reply_to
    headers["Subject"] = subject
    # No out-of-office answers to a program.
    headers["Auto-Submitted"] = "auto-generated"
    headers["Content-Language"] = language
    headers["MIME-Version"] = "1.0"
    # The parts are put together by hand: the email package takes ten times as long for a PDF.
    body = _multipart("alternative", f"{name}-body", _text("plain", text), _text("html", html))
    parts = _multipart("mixed", name, body, _pdf(attachment))
    return Message(sender, recipient, headers.as_bytes().removesuffix(_EOL) + parts)


_EOL = b"\r\n"


def _multipart(kind: str, boundary: str, *parts: bytes) -> bytes:
    """Parts in one (RFC 2046, 5.1), each with its own headers."""
    between = b"--" + boundary.encode()
    lines = [f'Content-Type: multipart/{kind}; boundary="{boundary}"'.encode(), b""]
    for part in parts:
        lines += [between, part]
    return _EOL.join([*lines, between + b"--", b""])


def _text(kind: str, text: str) -> bytes:
    """Text as quoted-printable (RFC 2045, 6.7), which every server passes on as it is."""
    encoded = b2a_qp(text.replace("\n", "\r\n").encode(), istext=True)
    return (
        f'Content-Type: text/{kind}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode() + encoded


def _pdf(attachment: Attachment) -> bytes:
    encoded = encodebytes(attachment.content).replace(b"\n", _EOL)
    return (
        "Content-Type: application/pdf\r\n"
        f'Content-Disposition: attachment; filename="{attachment.name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    ).encode() + encoded


class Security(StrEnum):
    """How the way to the mail server is kept private."""

    NONE = "none"
    STARTTLS = "starttls"
    """TLS after the greeting (RFC 3207); a server without it gets no letter."""
    TLS = "tls"
    """TLS from the first byte (RFC 8314)."""


@dataclass(frozen=True)
class Mailer:
    """An SMTP server to hand letters to.

    `ca_file`: the certificates (PEM) that the server's is checked against, None: the system's.
    `bounces_to`: the address in the envelope, which failures are reported to; None: the sender's.
    """

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    security: Security = Security.NONE
    ca_file: Path | None = None
    bounces_to: str | None = None

    def send(self, message: Message) -> None:
        """Hand one message over. Raises the three errors of this module."""
        try:
            smtp = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            raise MailUnavailable(f"{self.host}:{self.port}: {error}") from error
        handed_over = False
        try:
            if self.security is Security.STARTTLS:
                smtp.starttls(context=self._trusting())
            if self.user and self.password:
                smtp.login(self.user, self.password)
            smtp.ehlo_or_helo_if_needed()
            _accepted(smtp.mail(self.bounces_to or message.sender), "the sender")
            _accepted(smtp.rcpt(message.recipient), "the recipient")
            handed_over = True
            _accepted(smtp.data(message.content), "the letter")
        except smtplib.SMTPDataError as error:
            # The server answered DATA itself with a no: nothing was taken.
            _accepted((error.smtp_code, _bytes(error.smtp_error)), "the letter")
        except (OSError, smtplib.SMTPException) as error:
            if handed_over:
                raise MailUnsure(f"{self.host}:{self.port}: {error}") from error
            raise MailUnavailable(f"{self.host}:{self.port}: {error}") from error
        finally:
            # The answer is in; how the connection ends does not matter.
            smtp.close()

    def _connect(self) -> smtplib.SMTP:
        if self.security is Security.TLS:
            return smtplib.SMTP_SSL(
                self.host, self.port, timeout=TIMEOUT_SECONDS, context=self._trusting()
            )
        return smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)

    def _trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca_file)


def _accepted(answer: tuple[int, bytes], what: str) -> None:
    code, text = answer
    if 200 <= code < 300:
        return
    reason = f"the mail server refused {what} ({code}): {text.decode('utf-8', 'replace')}"
    raise MailRefused(reason) if code >= 500 else MailUnavailable(reason)


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
