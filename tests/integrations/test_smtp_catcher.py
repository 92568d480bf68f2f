"""The SMTP catcher, as a process of its own, met over SMTP."""

import contextlib
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.bounces import BounceMailbox
from integrations.smtp_catcher import (
    DELIVERIES,
    REFUSE,
    Delivery,
    Mailbox,
    file_name,
    read_deliveries,
)
from starter.stack.health import smtp_answers
from starter.stack.ports import HOST, choose

Start = Callable[..., int]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts catchers on the test's folder; gives the port."""
    with contextlib.ExitStack() as stack:

        def run(*options: str) -> int:
            port = choose()
            command = [sys.executable, "-m", "integrations.smtp_catcher", "--port", str(port)]
            process = subprocess.Popen([*command, "--dir", str(tmp_path), *options])
            stack.callback(process.wait, 10)
            stack.callback(process.terminate)
            deadline = time.monotonic() + 60
            while not smtp_answers(HOST, port):
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            return port

        yield run


def message(number: int = 1042, text: str = "Maksumuistutus", **headers: str) -> EmailMessage:
    letter = EmailMessage()
    letter["Message-ID"] = f"<{number}.reminder.1@karhu.example>"
    letter["From"] = "laskutus@esimerkki.example"
    letter["To"] = headers.get("to", "matti@malliasiakas.example")
    letter["Subject"] = "Maksumuistutus"
    letter.set_content(text)
    return letter


def send(port: int, letter: EmailMessage) -> None:
    with smtplib.SMTP(HOST, port, timeout=60) as client:
        client.send_message(letter)


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.eml"))


def test_a_message_becomes_a_file(start: Start, tmp_path: Path) -> None:
    send(start(), message())
    assert kept(tmp_path) == ["1042.reminder.1@karhu.example.eml"]
    [delivery] = read_deliveries(tmp_path)
    assert delivery.message_id == "<1042.reminder.1@karhu.example>"
    assert not delivery.repeat
    assert not delivery.conflict
    assert b"Maksumuistutus" in (tmp_path / delivery.file).read_bytes()


def test_a_repeat_stays_one_file_and_is_recorded(start: Start, tmp_path: Path) -> None:
    port = start()
    for _ in range(3):
        send(port, message())
    assert len(kept(tmp_path)) == 1
    assert [delivery.repeat for delivery in read_deliveries(tmp_path)] == [False, True, True]


def test_a_repeat_is_known_after_a_restart(start: Start, tmp_path: Path) -> None:
    send(start(), message())
    send(start(), message())
    assert [delivery.repeat for delivery in read_deliveries(tmp_path)] == [False, True]


def test_another_content_under_the_same_id_is_a_conflict(start: Start, tmp_path: Path) -> None:
    port = start()
    for text in ("60,00 EUR", "65,00 EUR", "65,00 EUR"):
        send(port, message(text=text))
    assert len(kept(tmp_path)) == 2
    deliveries = read_deliveries(tmp_path)
    assert [delivery.conflict for delivery in deliveries] == [False, True, True]
    assert [delivery.repeat for delivery in deliveries] == [False, False, True]


def test_refuses_for_now_while_the_file_is_there(start: Start, tmp_path: Path) -> None:
    port = start()
    (tmp_path / REFUSE).touch()
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(port, message())
    [(code, _)] = refused.value.recipients.values()
    assert code == 451
    assert kept(tmp_path) == []
    (tmp_path / REFUSE).unlink()
    send(port, message())
    assert len(kept(tmp_path)) == 1


@pytest.mark.parametrize("to", ["matti@bounce.example", "matti@post.bounce.example"])
def test_refuses_for_good_what_bounces(start: Start, tmp_path: Path, to: str) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(start(), message(to=to))
    assert [code for code, _ in refused.value.recipients.values()] == [550]
    assert kept(tmp_path) == []


@pytest.mark.parametrize("to", ["matti@later-bounce.example", "matti@x.Later-Bounce.example"])
def test_takes_and_then_gives_back_what_bounces_later(
    start: Start, tmp_path: Path, to: str
) -> None:
    port = start("--dir", str(tmp_path / "mail"))
    mailbox = BounceMailbox(tmp_path / "bounces")
    send(port, message())
    assert list(mailbox.reports()) == []
    letter = message(7, to=to)
    send(port, letter)
    assert len(kept(tmp_path / "mail")) == 2
    (report,) = mailbox.reports()
    assert report.bounce.message_id == letter["Message-ID"]
    assert report.bounce.status == "5.1.1"
    # A repeat is given back again, as one report.
    send(port, letter)
    assert len(list(mailbox.reports())) == 1


def test_a_delay_keeps_the_sender_waiting(start: Start) -> None:
    port = start("--delay-ms", "300")
    began = time.monotonic()
    send(port, message())
    assert time.monotonic() - began >= 0.3


def test_many_at_once_are_all_kept(start: Start, tmp_path: Path) -> None:
    port = start()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: send(port, message(number)), range(40)))
    assert len(kept(tmp_path)) == 40
    assert len({delivery.message_id for delivery in read_deliveries(tmp_path)}) == 40
    assert list(tmp_path.glob("*.part")) == []


def test_a_torn_line_spoils_no_other(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    first = mailbox.accept(b"Message-ID: <1@karhu.example>\r\n\r\n1")
    with (tmp_path / DELIVERIES).open("a") as file:
        file.write('{"message_id": "<2@ka')
    last = mailbox.accept(b"Message-ID: <3@karhu.example>\r\n\r\n3")
    assert read_deliveries(tmp_path) == [first, last]


def test_a_message_without_an_id_is_kept(tmp_path: Path) -> None:
    delivery = Mailbox(tmp_path).accept(b"Subject: hei\r\n\r\nhei")
    assert isinstance(delivery, Delivery)
    assert kept(tmp_path) == [delivery.file]


@given(st.text(min_size=1, max_size=400), st.text(min_size=1, max_size=400))
def test_names_are_safe_and_distinct(one: str, other: str) -> None:
    ids = [f"<{one.encode(errors='ignore').hex()}{text}@x>" for text in ("", "/../", ".", "å")]
    ids += [f"<{text}@x>" for text in {one, other} if text.isprintable() and text == text.strip()]
    names = [file_name(value) for value in ids]
    assert len(set(names)) == len(set(ids))
    for name in names:
        assert "/" not in name
        assert "\0" not in name
        assert not name.startswith(".")
        assert len(name.encode()) <= 220
