"""Letters by e-mail: what they are made of, and the way to a real mail server over TLS."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from domain.money import Language
from domain.states import LetterKind
from integrations.letters import LetterContent, email_html, email_subject, email_text
from integrations.mail import (
    Attachment,
    Mailer,
    MailRefused,
    MailUnavailable,
    MailUnsure,
    Message,
    Security,
    compose,
)
from starter.stack.ports import choose
from tests.integrations.test_letters import KINDS, LANGUAGES, letter

# The servers that ask for a login below do so over TLS, from the first byte on.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

USER, PASSWORD = "karhu", "kirjeet kulkevat"
AT = datetime(2026, 11, 23, 8, tzinfo=UTC)


def message(content: LetterContent) -> Message:
    return compose(
        message_id="<reminder-1-17-1234567-1@karhu.example>",
        sender="laskutus@karhu.example",
        recipient="matti@malliasiakas.example",
        reply_to="laskutus@esimerkki.example",
        subject=email_subject(content),
        text=email_text(content),
        html=email_html(content),
        language=content.language,
        attachment=Attachment("reminder-1-17.pdf", b"%PDF-1.7"),
        at=AT,
    )


def received(content: LetterContent) -> EmailMessage:
    return email.message_from_bytes(message(content).content, policy=email.policy.default)


class Page(HTMLParser):
    """What a mail program gets to see: the words, and how they are marked up."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


# ── the message ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_parts(language: Language) -> None:
    mail = received(letter(language=language))
    assert mail.get_content_type() == "multipart/mixed"
    body, pdf = mail.iter_parts()
    assert isinstance(body, EmailMessage)
    assert body.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in body.iter_parts()] == ["text/plain", "text/html"]
    assert isinstance(pdf, EmailMessage)
    assert pdf.get_content_type() == "application/pdf"
    assert pdf.get_content() == b"%PDF-1.7"
    assert mail["Content-Language"] == language
    assert mail["Auto-Submitted"] == "auto-generated"


def test_the_same_letter_is_the_same_bytes() -> None:
    assert message(letter()) == message(letter())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_text_and_html_say_the_same(language: Language, kind: LetterKind) -> None:
    content = letter(language=language, kind=kind, agency_name="Intrum Oy")
    page = Page(email_html(content))
    words = page.text.replace("\xa0", " ")
    for block in email_text(content).split("\n\n"):
        for line in block.splitlines():
            # The text joins with colons, dashes and brackets what the page sets into cells.
            for piece in line.removeprefix("- ").replace("(", ": ").rstrip(")").split(": "):
                assert " ".join(piece.split()).strip(" .)") in words


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_can_be_listened_to_and_fetches_nothing(language: Language) -> None:
    html = email_html(letter(language=language))
    tags = Page(html).tags
    names = [name for name, _ in tags]
    assert ("html", {"lang": language}) in tags
    assert names.count("h1") == 1
    assert names.count("title") == 1
    assert {attributes.get("scope") for name, attributes in tags if name == "th"} == {"row", "col"}
    assert not {"img", "script", "link", "style", "iframe", "form", "a", "object"} & set(names)
    assert not any({"src", "href", "background"} & attributes.keys() for _, attributes in tags)
    assert "url(" not in html
    assert "http" not in html


def test_what_a_name_holds_is_no_markup() -> None:
    nasty = "Matti <script>alert(1)</script> & Co"
    content = letter(creditor={"name": nasty, "business_id": "1", "address_lines": ("<b>",)})
    html = email_html(content)
    assert "<script" not in html
    assert "<b>" not in html
    assert nasty in Page(html).text


# ── the way there ────────────────────────────────────────────────────────────────────────────


class Box:
    """Keeps what it gets, and over what kind of connection; `data` is its answer to a letter."""

    def __init__(self) -> None:
        self.got: list[Envelope] = []
        self.private: list[bool] = []
        self.users: list[object] = []
        self.data = "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.got.append(envelope)
        assert server.transport is not None
        self.private.append(server.transport.get_extra_info("ssl_object") is not None)
        self.users.append(session.auth_data)
        return self.data


def known(
    server: object, session: object, envelope: object, mechanism: str, data: object
) -> object:
    """Whether the login is right."""
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=right, handled=False, auth_data=USER if right else None)


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(ca: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return path


@contextmanager
def serving(
    ca: trustme.CA, security: Security, name: str = "localhost"
) -> Iterator[tuple[Box, int]]:
    """A mail server with a certificate of this authority, and its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(name).configure_cert(context)
    box, port = Box(), choose()
    controller = Controller(
        box,
        hostname="localhost",
        port=port,
        authenticator=known,
        auth_required=security is not Security.NONE,
        auth_require_tls=security is Security.STARTTLS,
        ssl_context=context if security is Security.TLS else None,
        tls_context=context if security is Security.STARTTLS else None,
        require_starttls=security is Security.STARTTLS,
    )
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()


PRIVATE = [Security.STARTTLS, Security.TLS]


@pytest.mark.parametrize("security", PRIVATE)
def test_over_tls_and_with_a_login(ca: trustme.CA, ca_file: Path, security: Security) -> None:
    with serving(ca, security) as (box, port):
        mailer = Mailer(
            "localhost", port, USER, PASSWORD, security, ca_file, "bounces@karhu.example"
        )
        mailer.send(message(letter()))
        assert PASSWORD not in repr(mailer)
    (envelope,) = box.got
    assert box.private == [True]
    assert box.users == [USER]
    assert envelope.mail_from == "bounces@karhu.example"
    assert envelope.rcpt_tos == ["matti@malliasiakas.example"]
    assert isinstance(envelope.content, bytes)
    kept = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert kept["From"] == "laskutus@karhu.example"


@pytest.mark.parametrize("security", PRIVATE)
def test_a_server_that_cannot_be_trusted_gets_nothing(
    ca: trustme.CA, ca_file: Path, tmp_path: Path, security: Security
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    with serving(ca, security) as (box, port):
        # Another authority; the system's own; a file that is not there.
        for file in (other, None, tmp_path / "missing.pem"):
            with pytest.raises(MailUnavailable):
                Mailer("localhost", port, USER, PASSWORD, security, file).send(message(letter()))
    with (
        serving(ca, security, name="mail.example") as (impostor, port),
        pytest.raises(MailUnavailable, match=r"localhost"),
    ):
        Mailer("localhost", port, USER, PASSWORD, security, ca_file).send(message(letter()))
    assert box.got == impostor.got == []


def test_no_login_and_no_letter_without_the_tls_that_was_asked_for(
    ca: trustme.CA, ca_file: Path
) -> None:
    with serving(ca, Security.NONE) as (box, port):
        mailer = Mailer("localhost", port, USER, PASSWORD, Security.STARTTLS, ca_file)
        with pytest.raises(MailUnavailable):
            mailer.send(message(letter()))
    assert box.got == []


@pytest.mark.parametrize("security", PRIVATE)
def test_a_wrong_password_is_mended_by_a_person_while_letters_wait(
    ca: trustme.CA, ca_file: Path, security: Security
) -> None:
    with serving(ca, security) as (box, port), pytest.raises(MailUnavailable) as caught:
        Mailer("localhost", port, USER, "wrong", security, ca_file).send(message(letter()))
    assert box.got == []
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "error"), [("554 no", MailRefused), ("451 later", MailUnavailable)]
)
def test_what_the_server_says_to_the_letter(
    ca: trustme.CA, ca_file: Path, answer: str, error: type[Exception]
) -> None:
    with serving(ca, Security.TLS) as (box, port):
        box.data = answer
        with pytest.raises(error):
            Mailer("localhost", port, USER, PASSWORD, Security.TLS, ca_file).send(message(letter()))


def test_the_line_breaks_after_the_last_byte(ca: trustme.CA, ca_file: Path) -> None:
    class Breaking(Box):
        async def handle_DATA(  # noqa: N802
            self, server: SMTP, session: Session, envelope: Envelope
        ) -> str:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "250 OK"

    port = choose()
    controller = Controller(Breaking(), hostname="localhost", port=port)
    controller.start()
    try:
        with pytest.raises(MailUnsure):
            Mailer("localhost", port).send(message(letter()))
    finally:
        controller.stop()
