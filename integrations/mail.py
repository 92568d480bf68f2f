"""E-mail over SMTP (RFC 5321), one letter at a time.

MailError
├── MailUnavailable   the letter did not leave; try again
├── MailUnsure        it may have left: the answer to its last byte never came
└── MailRefused       the server will not have it, now or later
"""

from __future__ import annotations

import smtplib
import ssl
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
) -> EmailMessage:
    """A message as text and HTML, with a PDF.

    The same arguments make the same bytes, so a repeat is a repeat. `language`: ISO 639-1.
    """
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = message_id
    message["Date"] = format_datetime(at)
    message["From"] = sender
    message["To"] = recipient
    if reply_to:
        message["Reply-To"] = reply_to
    message["Subject"] = subject
    # No out-of-office answers to a program.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    name = f"karhu-{message_id.strip('<>').partition('@')[0]}"
    # Or each rendering would draw a boundary of its own.
    message.set_boundary(f"{name}-body")
    message.add_attachment(
        attachment.content, maintype="application", subtype="pdf", filename=attachment.name
    )
    message.set_boundary(name)
    # Last: a header that begins with "Content-" goes into the part that is made of what was there.
    message["Content-Language"] = language
    return message


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

    def send(self, message: EmailMessage) -> None:
        """Hand one message over. Raises the three errors of this module."""
        recipient = str(message["To"])
        sender = self.bounces_to or str(message["From"])
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
            _accepted(smtp.mail(sender), "the sender")
            _accepted(smtp.rcpt(recipient), "the recipient")
            handed_over = True
            _accepted(smtp.data(message.as_bytes()), "the letter")
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
