"""Cookies, tokens against forged requests, and the headers that every answer carries."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from starter.api.parts import Parts

SESSION = "karhu_session"
VISIT = "karhu_visit"
"""Of somebody who has not signed in yet: what the token of the sign-in form is bound to."""
FLASH = "karhu_flash"
LANGUAGE = "karhu_language"
THEME = "karhu_theme"
THEMES = ("light", "dark")
"""The colours that the reader may choose; without the cookie, as the browser says."""

TOKEN_FIELD = "csrf"  # noqa: S105 - a field's name
TOKEN_HEADER = "X-CSRF-Token"  # noqa: S105 - a header's name

CHOICE_SECONDS = 365 * 86_400
_FLASH_SECONDS = 60

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; "
)
FRAMES_NONE = CSP + "frame-ancestors 'none'"
FRAMES_OURS = CSP + "frame-src 'self'; frame-ancestors 'none'"
"""Of a page that shows one of our documents beside it."""
FRAMED = "default-src 'none'; object-src 'self'; frame-ancestors 'self'"
"""Of that document."""

_HEADERS = {
    "Content-Security-Policy": FRAMES_NONE,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: a form's request would say that it comes from nowhere ("null").
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class Headers:
    """Gives every answer those headers that it has not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        await self._app(scope, receive, dressed)


def over_https(request: Request, parts: Parts) -> bool:
    """Whether cookies must keep to https."""
    return request.url.scheme == "https" or (parts.public_url or "").startswith("https://")


def _name(request: Request, parts: Parts, name: str) -> str:
    # Of such a name a browser takes no cookie but from this very host, over https.
    return f"__Host-{name}" if over_https(request, parts) else name


def cookie(request: Request, parts: Parts, name: str) -> str:
    """One of our cookies; "" if there is none."""
    return request.cookies.get(_name(request, parts, name), "")[:2000]


def set_cookie(
    request: Request,
    parts: Parts,
    response: Response,
    name: str,
    value: str,
    seconds: int | None = None,
) -> None:
    """Set one of our cookies, until the browser is closed or for so long; "" takes it away."""
    response.set_cookie(
        _name(request, parts, name),
        value,
        max_age=seconds if value else 0,
        path="/",
        secure=over_https(request, parts),
        httponly=True,
        samesite="lax",
    )


def new_visit() -> str:
    """A secret for somebody who has not signed in."""
    return secrets.token_urlsafe(24)


def token_for(secret: str) -> str:
    """The token that the forms of this session, or of this visit, carry."""
    return _mac(secret, "form")


def good_token(secret: str, token: str) -> bool:
    """Whether it is the one."""
    return bool(secret) and hmac.compare_digest(token_for(secret).encode(), token.encode())


def from_elsewhere(request: Request, parts: Parts) -> bool:
    """Whether the browser says that another site's page has sent this."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    ours = {request.url.netloc}
    if parts.public_url:
        ours.add(urlsplit(parts.public_url).netloc)
    return urlsplit(origin).netloc not in ours


def local_path(said: str | None) -> str | None:
    """The path, if it leads to a page of ours and nowhere else."""
    if not said or not said.startswith("/") or said.startswith("//") or len(said) > 2000:
        return None
    if "\\" in said or any(ord(letter) < 33 or ord(letter) == 127 for letter in said):
        return None
    return said


def set_flash(
    request: Request, parts: Parts, response: Response, secret: str, text: str, kind: str
) -> None:
    """Have the next page say something once. `kind`: "done" or "wrong"."""
    said = urlsafe_b64encode(json.dumps([kind, text[:600]]).encode()).decode()
    value = f"{_mac(secret, said)}.{said}"
    set_cookie(request, parts, response, FLASH, value, _FLASH_SECONDS)


def flash(request: Request, parts: Parts, secret: str) -> tuple[str, str] | None:
    """What the page before wanted said: kind and text."""
    mac, _, said = cookie(request, parts, FLASH).partition(".")
    if not said or not hmac.compare_digest(mac.encode(), _mac(secret, said).encode()):
        return None
    kind, text = json.loads(urlsafe_b64decode(said))
    return str(kind), str(text)


def _mac(secret: str, about: str) -> str:
    made = hmac.new(secret.encode(), about.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(made).rstrip(b"=").decode()
