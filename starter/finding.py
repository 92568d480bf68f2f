"""Where is Karhu? As the environment says, or else on the data folder of a running `karhu up`."""

from __future__ import annotations

import os

from starter.settings import Settings, load
from starter.stack.addresses import Addresses, running
from starter.stack.process import StackError

_DATABASE = "KARHU_DATABASE_URL"
_TEMPORAL = "TEMPORAL_ADDRESS"


class NotRunningError(StackError):
    """There is no Karhu to speak to."""


def find() -> Settings:
    """The settings of the Karhu to speak to; the way to Temporal stands in the environment then.

    What KARHU_DATABASE_URL and TEMPORAL_ADDRESS do not say comes from the stack that runs on the
    data folder, with its business clock. Raises `NotRunningError`, `SettingsError`.
    """
    settings = load()
    missing = [name for name in (_DATABASE, _TEMPORAL) if not os.environ.get(name)]
    if not missing:
        return settings
    stack = running(settings.data_dir)
    if stack is None or not _same(settings, stack):
        raise NotRunningError(
            f"no Karhu runs on {settings.data_dir}: start it with `karhu up` (on another folder:"
            f" --data-dir, or KARHU_DATA_DIR), or set {' and '.join(missing)}"
        )
    for name, value in stack.environment().items():
        if name.startswith("TEMPORAL_") and _TEMPORAL not in missing:
            continue
        os.environ.setdefault(name, value)
    return load()


def find_database() -> str:
    """The database's address: as the settings say, else that of the running stack.

    Raises `NotRunningError`, `SettingsError`.
    """
    settings = load()
    if settings.database_url is None:
        settings = find()
    url = settings.database_url
    if url is None:
        raise NotRunningError("KARHU_DATABASE_URL is not set")
    return url.get_secret_value()


def _same(settings: Settings, stack: Addresses) -> bool:
    """Whether the stack is on the database that the settings name, if they name one."""
    url = settings.database_url
    return url is None or url.get_secret_value() == stack.database_url
