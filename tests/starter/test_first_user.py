"""The first user of a Karhu on one machine."""

from datetime import UTC, datetime

from domain.roles import Role
from starter import first_user
from starter.sign_in import sign_in
from store import people
from store.tables import Company
from tests.starter.api_fixtures import world
from tests.starter.api_world import World

__all__ = ["world"]


def test_is_shown_a_password_once_and_keeps_every_company_that_is_nobodys(world: World) -> None:
    now = datetime.now(UTC)
    found = first_user.ensure(world.database, now)
    assert found.password is not None
    again = first_user.ensure(world.database, now)
    assert again.password is None
    assert found.password not in str(again)
    opened = sign_in(
        world.database,
        email=found.email,
        password=found.password,
        address="192.0.2.77",  # nobody else's wrong passwords count here
        request_key="first",
        now=now,
    )
    with world.database.transaction() as session:
        (held,) = people.roles_of(session, opened.user_id)
        assert held.role is Role.TPK
        # A company that another firm has stays with it.
        place = people.company_place(session, world.company.business_id)
        assert place is not None
        assert place.firm_id == world.firm.firm_id
    with world.database.transaction() as session:
        session.get_one(Company, world.other.company_id).firm_id = None
    assert first_user.adopt(world.database, first_user.FIRM) >= 1
    with world.database.transaction() as session:
        place = people.company_place(session, world.other.business_id)
        assert place is not None
        assert place.firm_id == held.firm_id


def test_there_may_be_no_such_firm(world: World) -> None:
    assert first_user.adopt(world.database, "1234567-1") == 0
