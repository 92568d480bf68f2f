"""`karhu up` and `karhu demo` say where the pages are and who signs in, while they run."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import html

from tests.stack.runs import wait_gone

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

PATIENCE = 240.0
"""Seconds that starting may take on a slow machine."""

_WELCOME = re.compile(r"the pages: (\S+)\s+sign in as (\S+) with the password (\S+)")


def test_up_shows_somebody_who_can_sign_in_the_firm_s_page(folder: Path) -> None:
    with _running(folder, "up", "--other-ports", "--data-dir", str(folder)) as client:
        first = client.get("/")
        assert first.url.path.startswith("/firms/")
        # There is no company yet: where one is added is offered.
        page: Any = html.fromstring(first.text)
        assert page.xpath("//main//a[contains(@href, '/companies/new')]")
    wait_gone(folder)


def test_the_demonstration_is_looked_at_while_it_runs(folder: Path) -> None:
    options = ("--invoices", "20", "--days", "90", "--days-per-second", "0.4")
    with _running(folder, "demo", "--dir", str(folder), *options) as client:
        deadline = time.monotonic() + PATIENCE
        while not (companies := _companies(client)):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        shown = client.get(f"{companies[0]}/invoices")
        assert shown.status_code == 200
    wait_gone(folder)


@contextmanager
def _running(folder: Path, *options: str) -> Iterator[httpx.Client]:
    """A command of Karhu's that runs until it is left, and its user, signed in."""
    log = folder.with_suffix(".log")
    command = [sys.executable, "-m", "starter.cli", *options]
    with (
        log.open("wb") as out,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            address, email, password = _welcome(log, process)
            with httpx.Client(base_url=address, follow_redirects=True, timeout=60) as client:
                _sign_in(client, email, password)
                yield client
                assert process.poll() is None, log.read_text()
        finally:
            process.terminate()
            process.wait(120)
            log.unlink()


def _welcome(log: Path, process: subprocess.Popen[bytes]) -> tuple[str, str, str]:
    """What the command has said of its pages: address, e-mail address, password."""
    deadline = time.monotonic() + PATIENCE
    while (said := _WELCOME.search(log.read_text())) is None:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
    return said[1], said[2], said[3]


def _sign_in(client: httpx.Client, email: str, password: str) -> None:
    page: Any = html.fromstring(client.get("/sign-in").text)
    (form,) = page.xpath("//main//form")
    fields = dict(form.form_values()) | {"email": email, "password": password}
    answer = client.post(
        form.get("action"), data=fields, headers={"Origin": str(client.base_url).rstrip("/")}
    )
    assert answer.status_code == 200
    assert answer.url.path != "/sign-in"


def _companies(client: httpx.Client) -> list[str]:
    """The addresses of the companies that the user sees."""
    page: Any = html.fromstring(client.get("/companies").text)
    return [str(one) for one in page.xpath("//main//table//th/a/@href")]
