"""Reports of failed deliveries, as mail servers write them, and the mailbox they come to."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.bounces import Bounce, BounceMailbox, read

LETTER = "<reminder-1-17-1234567-1@karhu.example>"

STATUS = """\
Reporting-MTA: dns; mx.karhu.example
Arrival-Date: Tue, 31 Mar 2026 10:00:00 +0300

Original-Recipient: rfc822;matti@malliasiakas.example
Final-Recipient: rfc822;matti@malliasiakas.example
Action: {action}
Status: 5.1.1
Remote-MTA: dns; mx.malliasiakas.example
Diagnostic-Code: smtp; 550 5.1.1 <matti@malliasiakas.example>: Recipient
    address rejected: User unknown
"""

HEADERS = """\
Message-ID:
 {letter}
From: laskutus@karhu.example
To: matti@malliasiakas.example
Subject: =?utf-8?q?Maksumuistutus=3A_lasku_1042?=
"""


def report(
    *,
    action: str = "failed",
    status: str = STATUS,
    returned: str = "text/rfc822-headers",
    letter: str = LETTER,
    extra: str = "",
) -> bytes:
    """A notification on the letter, in the shape of RFC 3464."""
    original = HEADERS.format(letter=letter)
    if returned == "message/rfc822":
        original += "MIME-Version: 1.0\nContent-Type: text/plain\n\nMaksakaa.\n"
    parts = [
        ("text/plain; charset=us-ascii", "This is the mail system at host mx.karhu.example.\n")
    ]
    if status:
        parts.append(("message/delivery-status", status.format(action=action)))
    if returned:
        parts.append((returned, original))
    body = "".join(f"--b1\nContent-Type: {kind}\n\n{text}\n" for kind, text in parts)
    head = (
        "From: MAILER-DAEMON@mx.karhu.example\nTo: laskutus@karhu.example\n"
        f"Subject: Undelivered Mail Returned to Sender\n{extra}MIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status;\n boundary="b1"\n'
    )
    return f"{head}\n{body}--b1--\n".replace("\n", "\r\n").encode()


FAILED = Bounce(LETTER, "5.1.1", "550 5.1.1 Recipient address rejected: User unknown")


@pytest.mark.parametrize("returned", ["text/rfc822-headers", "message/rfc822"])
def test_the_letter_and_the_reason(returned: str) -> None:
    assert read(report(returned=returned)) == FAILED


def test_a_report_that_returns_nothing_names_the_letter_in_its_head() -> None:
    assert read(report(returned="")) is None
    for header in ("In-Reply-To", "References"):
        assert read(report(returned="", extra=f"{header}: {LETTER}\n")) == FAILED


def test_what_is_no_failure() -> None:
    for action in ("delayed", "delivered", "relayed", "expanded"):
        assert read(report(action=action)) is None
    assert read(report(status="")) is None
    for other in (
        b"",
        b"\xff\xfe not mail",
        b"Subject: Re: Maksumuistutus\r\n\r\nI have paid already.\r\n",
        report().replace(b"report-type=delivery-status", b"report-type=disposition-notification"),
    ):
        assert read(other) is None


def test_several_recipients_count_if_all_failed() -> None:
    second = (
        "\nFinal-Recipient: rfc822;maija@malliasiakas.example\nAction: {action}\nStatus: 5.0.0\n"
    )
    assert read(report(status=STATUS + second)) == FAILED
    delivered = second.replace("{action}", "delivered")
    assert read(report(status=STATUS + delivered)) is None


def test_a_server_of_few_words() -> None:
    few = "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822;a@b.example\nAction: FAILED\n"
    bounce = read(report(status=few))
    assert bounce is not None
    assert (bounce.message_id, bounce.status) == (LETTER, "")
    assert bounce.reason


@given(st.data())
def test_no_bytes_make_it_fall_over(data: st.DataObject) -> None:
    whole = bytearray(report())
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=20))
    bounce = read(bytes(whole))
    assert bounce is None or bounce.message_id.startswith("<")


# ── the mailbox ──────────────────────────────────────────────────────────────────────────────


def test_a_folder_of_files(tmp_path: Path) -> None:
    mailbox = BounceMailbox(tmp_path / "bounces")
    assert list(mailbox.reports()) == []
    mailbox.folder.mkdir()
    (mailbox.folder / "1.eml").write_bytes(report())
    (mailbox.folder / "2.eml").write_bytes(b"Subject: hello\r\n\r\nhello\r\n")
    (mailbox.folder / "3.part").write_bytes(report())
    (found,) = mailbox.reports()
    assert found.bounce == FAILED
    # Not put away, it is reported again.
    (again,) = mailbox.reports()
    mailbox.done(again)
    assert list(mailbox.reports()) == []
    assert (mailbox.folder / "done" / "1.eml").exists()
    assert (mailbox.folder / "2.eml").exists()


def test_a_maildir(tmp_path: Path) -> None:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "1.host").write_bytes(report())
    # Somebody's mail program was quicker.
    (tmp_path / "cur" / "2.host:2,S").write_bytes(report(letter="<notice-2-17@karhu.example>"))
    (tmp_path / "new" / "3.host").write_bytes(b"Subject: hello\r\n\r\nhello\r\n")
    (tmp_path / "tmp" / "4.host").write_bytes(report())
    mailbox = BounceMailbox(tmp_path)
    found = list(mailbox.reports())
    assert {item.bounce.message_id for item in found} == {LETTER, "<notice-2-17@karhu.example>"}
    for item in found:
        mailbox.done(item)
    assert list(mailbox.reports()) == []
    assert {path.name for path in (tmp_path / "cur").iterdir()} == {"1.host:2,S", "2.host:2,S"}
    assert (tmp_path / "new" / "3.host").exists()


def test_what_is_left_alone_is_not_read_again(tmp_path: Path) -> None:
    (tmp_path / "1.eml").write_bytes(report())
    mailbox = BounceMailbox(tmp_path)
    (found,) = mailbox.reports()
    mailbox.leave(found.path)
    assert list(mailbox.reports()) == []
    assert len(list(BounceMailbox(tmp_path).reports())) == 1
