"""E-mail over SMTP (RFC 5321), one letter at a time.

MailError
├── MailUnavailable   the letter did not leave; try again
├── MailUnsure        it may have left: the answer to its last byte never came
└── MailRefused       the server will not have it, now or later
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

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
    attachment: Attachment,
    at: datetime,
) -> EmailMessage:
    """A message with a PDF. The same arguments make the same bytes, so a repeat is a repeat."""
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
    message.add_attachment(
        attachment.content, maintype="application", subtype="pdf", filename=attachment.name
    )
    message.set_boundary(f"karhu-{message_id.strip('<>').partition('@')[0]}")
    return message


@dataclass(frozen=True)
class Mailer:
    """An SMTP server to hand letters to."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    starttls: bool = False

    def send(self, message: EmailMessage) -> None:
        """Hand one message over. Raises the three errors of this module."""
        recipient, sender = str(message["To"]), str(message["From"])
        try:
            smtp = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)
        except (OSError, smtplib.SMTPException) as error:
            raise MailUnavailable(f"{self.host}:{self.port}: {error}") from error
        handed_over = False
        try:
            if self.starttls:
                smtp.starttls(context=ssl.create_default_context())
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


def _accepted(answer: tuple[int, bytes], what: str) -> None:
    code, text = answer
    if 200 <= code < 300:
        return
    reason = f"the mail server refused {what} ({code}): {text.decode('utf-8', 'replace')}"
    raise MailRefused(reason) if code >= 500 else MailUnavailable(reason)


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
