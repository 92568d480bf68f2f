"""Telling a company's own system of an event: a signed POST to an address that it has named.

The address is somebody else's choice, and the request leaves from inside our network. So it is
looked up at each delivery, every address that the name stands for is checked, and the connection
goes to the one that was checked, whatever the name stands for a moment later. No redirect is
followed, nothing of the answer's body is read, and everything together has one deadline.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx

SIGNATURE = "Karhu-Signature"
EVENT_ID = "Karhu-Event-Id"

_CONNECT_SECONDS, _DEADLINE_SECONDS = 5.0, 10.0
_LONGEST_URL = 2_000

# IPv6 that carries an IPv4 address which some router on the way may take it to.
_TUNNELS = tuple(
    ipaddress.IPv6Network(one)
    for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class BadAddress(ValueError):  # noqa: N818 - reads as what it is
    """No address that events are sent to; the message says why."""


class NotTaken(Exception):  # noqa: N818 - reads as what happened
    """The receiver did not take the event. `status` None: it did not answer.

    `gone`: it says that it never will (410). `retry_after`: seconds that it asks us to wait.
    """

    def __init__(
        self,
        why: str,
        status: int | None = None,
        *,
        gone: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(why)
        self.status = status
        self.gone = gone
        self.retry_after = retry_after


def signature(secrets: Sequence[str], at: int, body: bytes) -> str:
    """The header `Karhu-Signature`: when it was signed (seconds since 1970), and an HMAC-SHA256
    over that, a full stop and the body, with each secret that is in force."""
    signed = f"{at}.".encode() + body
    marks = (hmac.new(one.encode(), signed, hashlib.sha256).hexdigest() for one in secrets)
    return ",".join([f"t={at}", *(f"v1={mark}" for mark in marks)])


def checked_url(url: str, *, private: bool) -> str:
    """The address as it is kept. `private`: also http and addresses that are not public.

    Raises `BadAddress`. What a name stands for is looked up at each delivery only.
    """
    if len(url) > _LONGEST_URL:
        raise BadAddress(f"the address is longer than {_LONGEST_URL} characters")
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError, TypeError):
        raise BadAddress("this is no address: give one such as https://host/path") from None
    if parsed.scheme not in ({"https", "http"} if private else {"https"}):
        raise BadAddress("events go to https:// addresses alone")
    if not parsed.host or (parsed.port is not None and not 0 < parsed.port < 65_536):
        raise BadAddress("the address names no host: give one such as https://host/path")
    if parsed.userinfo or parsed.fragment:
        raise BadAddress("leave user, password and # out of the address; requests are signed")
    if (literal := _literal(parsed.host)) and not private:
        _demand_public(literal)
    return str(parsed)


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends events. `private`: also to addresses that are not public, and over http."""

    private: bool = False
    look_up: Callable[[str, int], Sequence[str]] | None = None
    """What a name stands for, in place of the system's own way."""
    deadline_seconds: float = _DEADLINE_SECONDS
    """From looking the name up to the answer's headers."""
    tls: ssl.SSLContext = field(default_factory=httpx.create_ssl_context)
    """The certificates that a receiver's is checked against."""

    def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """POST it; the answer's status, 2xx. Raises `NotTaken`."""
        try:
            return asyncio.run(self._bounded(url, body, headers))
        except TimeoutError:
            raise NotTaken(f"no answer within {self.deadline_seconds:.0f} s") from None

    async def _bounded(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        async with asyncio.timeout(self.deadline_seconds):
            return await self._send(url, body, headers)

    async def _send(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        try:
            target = httpx.URL(checked_url(url, private=self.private))
            address = await self._address(target)
        except BadAddress as error:
            raise NotTaken(str(error)) from None
        client = httpx.AsyncClient(
            verify=self.tls,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(self.deadline_seconds, connect=_CONNECT_SECONDS),
        )
        request = client.build_request(
            "POST",
            target.copy_with(host=str(address)),
            content=body,
            headers={**headers, "Host": target.netloc.decode()},
            # The certificate is the name's, whichever address was chosen.
            extensions={"sni_hostname": target.raw_host.decode()},
        )
        async with client:
            try:
                answer = await client.send(request, stream=True)
            except httpx.TimeoutException:
                raise NotTaken("no answer in time") from None
            except httpx.HTTPError as error:
                # Its type, and the system's own words: neither repeats what was sent.
                raise NotTaken(f"no connection: {type(error).__name__}: {error}"[:300]) from None
            await answer.aclose()
        if answer.is_success:
            return answer.status_code
        raise _refusal(answer)

    async def _address(self, target: httpx.URL) -> Address:
        """The one to connect to. Raises `BadAddress` if any of the name's is not public."""
        port = target.port or (443 if target.scheme == "https" else 80)
        found = [_parsed(one) for one in await self._look_up(target.host, port)]
        if not found:
            raise BadAddress(f"the name {target.host} stands for no address")
        if not self.private:
            for one in found:
                _demand_public(one)
        return found[0]

    async def _look_up(self, host: str, port: int) -> Sequence[str]:
        if self.look_up is not None:
            return self.look_up(host, port)
        loop = asyncio.get_running_loop()
        try:
            rows = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise BadAddress(f"the name {host} is not known") from None
        return [str(row[4][0]) for row in rows]


def _refusal(answer: httpx.Response) -> NotTaken:
    status = answer.status_code
    if answer.is_redirect:
        return NotTaken(f"answered {status}: redirects are not followed", status)
    if status == httpx.codes.GONE:
        return NotTaken("answered 410: it wants no more events", status, gone=True)
    return NotTaken(f"answered {status}", status, retry_after=_retry_after(answer))


def _retry_after(answer: httpx.Response) -> float | None:
    said = answer.headers.get("Retry-After", "")
    if said.isascii() and said.isdecimal() and len(said) < 9:
        return float(said)
    try:
        then: datetime = parsedate_to_datetime(said)
        return max(then.timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError):
        return None


def _parsed(address: str) -> Address:
    # "fe80::1%eth0": the scope is of no interest here.
    return ipaddress.ip_address(address.partition("%")[0])


def _literal(host: str) -> Address | None:
    try:
        return _parsed(host)
    except ValueError:
        return None


def _demand_public(address: Address) -> None:
    """Raises `BadAddress` for what is not reached over the public internet."""
    plain: Address = address
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        plain = address.ipv4_mapped
    tunnel = isinstance(plain, ipaddress.IPv6Address) and any(plain in one for one in _TUNNELS)
    if tunnel or plain.is_multicast or not plain.is_global:
        raise BadAddress(f"{address} is no public address; events are not sent there")
