"""`karhu netvisor-key`."""

import pytest

from starter.netvisor.keys import opened
from store import netvisor_keys, people
from store.sealing import Sealer
from tests.intake import KEY
from tests.starter.office import Office
from tests.starter.test_cli import Karhu, karhu

__all__ = ["karhu"]


async def test_a_key_is_made_listed_and_revoked(
    karhu: Karhu, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.take_in(office.record())
    company = ("--company", office.business_id)
    with monkeypatch.context() as patched:
        patched.setattr(Office, "environment", {**office.environment, "KARHU_FILE_KEY": None})
        bare = await karhu("netvisor-key", "create", "Kassa", *company)
    assert (bare.exit_code, "KARHU_FILE_KEY" in bare.stderr) == (1, True)
    made = await karhu("netvisor-key", "create", "Kassa", *company, "--actor", "Essi")
    assert made.exit_code == 0
    said = dict(line.split("=") for line in made.stdout.split())
    assert list(said) == ["CustomerId", "CustomerKey", "PartnerId", "PartnerKey"]
    with office.database.transaction() as session:
        place = people.company_place(session, office.business_id)
        assert place is not None
        (row,) = netvisor_keys.keys(session, place)
        assert (row.customer_id, row.partner_id) == (said["CustomerId"], said["PartnerId"])
        assert row.created_by == "console:Essi"
        assert opened(Sealer(KEY), row) == (said["CustomerKey"], said["PartnerKey"])
    listed = await karhu("netvisor-key", "list", *company)
    assert said["CustomerId"] in listed.stdout
    assert said["CustomerKey"] not in listed.stdout
    assert (await karhu("netvisor-key", "revoke", str(row.id), *company)).exit_code == 0
    again = await karhu("netvisor-key", "revoke", str(row.id), *company)
    assert again.exit_code == 0
    unknown = await karhu("netvisor-key", "revoke", "999999", *company)
    assert (unknown.exit_code, "list" in unknown.stderr) == (1, True)
    with office.database.transaction() as session:
        assert netvisor_keys.of_customer_id(session, said["CustomerId"]) is None
