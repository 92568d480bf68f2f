"""Somebody who reads the pages: cookies, forms with their tokens, and what a page says."""

from __future__ import annotations

import re
import ssl
from types import TracebackType
from typing import Any, Self

import httpx
from lxml import html

from starter.web import security
from tests.starter.api_world import World

_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Nothing here goes over TLS, and to read the system's certificates for each reader takes longer
than a page does."""


class Reader:
    """A browser without JavaScript. `user_id` None: nobody has signed in yet."""

    def __init__(self, world: World, user_id: int | None, language: str = "en") -> None:
        self.world = world
        self.base = f"/companies/{world.company.business_id}"
        self.client = httpx.Client(
            base_url=world.client.base_url, trust_env=False, timeout=30, verify=_NO_CERTIFICATES
        )
        if language:
            self.client.cookies.set(security.LANGUAGE, language)
        if user_id is not None:
            self.client.cookies.set(security.SESSION, world.sign_in(user_id))

    @property
    def token(self) -> str:
        """What forms of this session carry."""
        cookies = self.client.cookies
        secret = cookies.get(security.SESSION) or cookies.get(security.VISIT) or ""
        return security.token_for(secret)

    def get(self, path: str, **more: Any) -> httpx.Response:
        """Open a page. A path that begins with a dot is the company's: `./customers`."""
        return self.client.get(self._path(path), **more)

    def post(
        self,
        path: str,
        data: dict[str, Any] | None = None,
        *,
        token: str | None = None,
        **more: Any,
    ) -> httpx.Response:
        """Send a form, with its token; where it leads is not followed."""
        body = {
            security.TOKEN_FIELD: self.token if token is None else token,
            "form_key": "1234567890abcdef",
            **(data or {}),
        }
        return self.client.post(self._path(path), data=body, **more)

    def follow(self, answer: httpx.Response) -> Said:
        """The page that a form has led to."""
        assert answer.status_code == 303, answer.text
        return Said(self.client.get(answer.headers["Location"]))

    def see(self, path: str, **more: Any) -> Said:
        """A page, as it is read."""
        return Said(self.get(path, **more))

    def close(self) -> None:
        self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _path(self, path: str) -> str:
        return self.base + path[1:] if path.startswith(".") else path


class Said:
    """What an answer says."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.status = answer.status_code
        # Not typed: what an XPath gives is whatever it asks for.
        self.tree: Any = html.fromstring(answer.text)

    @property
    def text(self) -> str:
        """The words of its content, spaces evened out."""
        (main,) = self.tree.xpath("//main") or [self.tree]
        return re.sub(r"\s+", " ", main.text_content()).strip()

    @property
    def language(self) -> str:
        return str(self.tree.get("lang"))

    @property
    def menu(self) -> list[str]:
        """Where its menu leads."""
        return [str(link.get("href")) for link in self.tree.xpath("//nav[@class='side']//a")]

    def find(self, path: str) -> list[Any]:
        """By XPath."""
        found: list[Any] = self.tree.xpath(path)
        return found

    def mistake(self, field: str) -> str:
        """What is said beside a field, as a reader of the screen finds it."""
        (control,) = self.find(f"//*[@name='{field}' and not(@type='hidden')]")
        assert control.get("aria-invalid") == "true"
        ids = (control.get("aria-describedby") or "").split()
        return " ".join(self.tree.get_element_by_id(one).text_content() for one in ids).strip()

    def value(self, field: str) -> str:
        """What a field shows."""
        (control,) = self.find(f"//*[@name='{field}' and not(@type='hidden')]")
        return str(control.value or "")
