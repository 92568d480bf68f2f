"""Where webhooks go and where not; the connection goes to the address that was checked."""

import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from socket import create_server

import pytest
import trustme

from integrations.webhooks import BadAddress, NotTaken, Sender, checked_url
from tests.receiver import Receiver

INSIDE = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("0.0.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::"),
]


@pytest.mark.parametrize("address", INSIDE)
def test_no_address_inside(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(BadAddress):
        checked_url(f"https://{host}/karhu", private=False)
    # And not by a name that stands for it either, alone or among others.
    for found in ([address], ["93.184.215.14", address]):
        sender = Sender(look_up=lambda host, port, found=found: found)  # type: ignore[misc]
        with pytest.raises(NotTaken, match="no public address"):
            sender.send("https://esimerkki.example/karhu", b"{}", {})


@pytest.mark.parametrize(
    "url",
    [
        *("http://esimerkki.example/", "ftp://esimerkki.example/", "https://", "karhu", ""),
        *("https://a:b@esimerkki.example/", "https://esimerkki.example/#x", "https://[::1"),
        *("https://esimerkki.example:99999/", "https://localhost:0/", "file:///etc/passwd"),
        f"https://esimerkki.example/{'a' * 2_000}",
    ],
)
def test_no_address_at_all(url: str) -> None:
    with pytest.raises(BadAddress):
        checked_url(url, private=False)


def test_a_name_that_is_not_known() -> None:
    with pytest.raises(NotTaken, match="not known"):
        Sender().send("https://nobody.invalid/", b"{}", {})


def test_localhost_is_inside_and_open_for_those_who_say_so() -> None:
    with Receiver() as receiver:
        url = receiver.url.replace("127.0.0.1", "localhost")
        with pytest.raises(NotTaken):
            Sender().send(url.replace("http:", "https:"), b"{}", {})
        assert receiver.heard == []
        assert Sender(private=True).send(receiver.url, b"{}", {"X": "y"}) == 204
        assert receiver.heard[0].headers["Host"] == f"127.0.0.1:{receiver.port}"


@pytest.fixture
def over_tls() -> Iterator[tuple[int, ssl.SSLContext]]:
    """A server with the certificate of receiver.example; its port, and who trusts it."""
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("receiver.example").configure_cert(context)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200 if self.headers["Host"].startswith("receiver.example") else 400)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    trusting = ssl.create_default_context()
    ca.configure_trust(trusting)
    yield server.server_port, trusting
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_certificate_is_the_names_whichever_address_was_chosen(
    over_tls: tuple[int, ssl.SSLContext],
) -> None:
    port, trusting = over_tls
    sender = Sender(private=True, look_up=lambda *_: ["127.0.0.1"], tls=trusting)
    assert sender.send(f"https://receiver.example:{port}/x", b"{}", {}) == 200
    with pytest.raises(NotTaken, match="certificate"):
        sender.send(f"https://another.example:{port}/x", b"{}", {})
    with pytest.raises(NotTaken, match="certificate"):
        Sender(private=True, look_up=lambda *_: ["127.0.0.1"]).send(
            f"https://receiver.example:{port}/x", b"{}", {}
        )


def test_an_answer_without_end_is_not_waited_for() -> None:
    """Its headers come one byte at a time, each in time."""
    with create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                try:
                    for byte in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100:
                        connection.sendall(bytes([byte]))
                        time.sleep(0.05)
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        port = listening.getsockname()[1]
        began = time.monotonic()
        with pytest.raises(NotTaken, match="no answer"):
            Sender(private=True, deadline_seconds=0.5).send(f"http://127.0.0.1:{port}/", b"{}", {})
        assert time.monotonic() - began < 2
        thread.join()


def test_an_answer_of_any_length_is_an_answer() -> None:
    with create_server(("127.0.0.1", 0)) as listening:

        def pour() -> None:
            connection, _ = listening.accept()
            with connection:
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                    while True:
                        connection.sendall(b"x" * 65_536)
                except OSError:
                    return

        thread = threading.Thread(target=pour)
        thread.start()
        port = listening.getsockname()[1]
        assert Sender(private=True).send(f"http://127.0.0.1:{port}/", b"{}", {}) == 200
        thread.join()
