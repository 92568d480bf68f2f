"""The collection agencies, opened as the settings say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from domain.agency.contract import INTRUM, ROPO
from domain.calendar import FINLAND
from integrations.agency import Agencies, AgencyClient, IntrumClient, RopoClient
from starter.settings import Settings


def open_agencies(settings: Settings, real_now: Callable[[], datetime]) -> Agencies:
    """A client for each agency that there are settings for; close them in the end.

    `real_now` gives the real instant, aware UTC.
    """
    key, secret = settings.intrum_api_key, settings.callback_secret
    clients: dict[str, AgencyClient] = {
        INTRUM: IntrumClient(
            settings.intrum_url,
            key.get_secret_value() if key else "",
            secret.get_secret_value() if secret else "",
            timeout=20.0,
        )
    }
    if settings.ropo_url and settings.ropo_apicode:
        clock = settings.clock()

        def today() -> date:
            return FINLAND.local_date(clock.now(real_now()))

        password = settings.ropo_webhook_password
        clients[ROPO] = RopoClient(
            settings.ropo_url,
            settings.ropo_cid,
            settings.ropo_apicode.get_secret_value(),
            today=today,
            webhook=(settings.ropo_webhook_user, password.get_secret_value()) if password else None,
        )
    return Agencies(clients)
