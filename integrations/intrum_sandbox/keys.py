"""Who may ask the sandbox: whoever shows its key."""

import hmac

from fastapi import Request

from integrations.intrum_sandbox.checks import Refusal
from integrations.intrum_sandbox.sandbox import Sandbox


class Guard:
    """A dependency of routes: refuses a request without the bearer token."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._key = sandbox.settings.api_key.get_secret_value()

    async def __call__(self, request: Request) -> None:
        """Raise Refusal unless the header shows the key."""
        shown = request.headers.get("Authorization", "")
        if not self.opens(shown.removeprefix("Bearer ")) or not shown.startswith("Bearer "):
            raise Refusal(401, "unauthorized", "the bearer token is missing or wrong")

    def opens(self, shown: str) -> bool:
        """Whether that is the key."""
        return hmac.compare_digest(shown.encode(), self._key.encode())
