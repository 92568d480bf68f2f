"""The served application with people in it (`world`), and somebody who reads its pages."""

from collections.abc import Callable, Iterator

import pytest

from domain.roles import Role
from tests.starter.api_fixtures import world
from tests.starter.api_world import World
from tests.starter.conftest import (
    office,
    office_database,
    office_settings,
    office_temporal,
    office_url,
    office_worker,
)
from tests.web.reader import Reader

__all__ = [
    "office",
    "office_database",
    "office_settings",
    "office_temporal",
    "office_url",
    "office_worker",
    "world",
]

Read = Callable[..., Reader]


@pytest.fixture
def read(world: World) -> Iterator[Read]:
    """`read()` is a clerk of the company who has signed in; `read(Role.MAIN)` another role,
    `read(None)` nobody. `language`: as chosen."""
    opened: list[Reader] = []

    def reader(
        role: Role | None = Role.CLERK, *, place: str = "company", language: str = "en"
    ) -> Reader:
        user_id = None if role is None else world.users[place, role]
        opened.append(Reader(world, user_id, language))
        return opened[-1]

    yield reader
    for one in opened:
        one.close()
