"""Files handed in over the API: for one company, once for each key."""

import asyncio
import dataclasses
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.roles import Role, TokenScope
from integrations.intake import InvoiceRecord
from starter.api.v1.idempotency import REPLAYED
from tests.starter.api_fixtures import world
from tests.starter.api_world import World
from tests.starter.office import Office, csv_file, ktl_file

__all__ = ["world"]

pytestmark = pytest.mark.timeout(120)


@dataclasses.dataclass
class Client:
    """A program of the world's company's."""

    world: World
    there: Office
    secret: str

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        whole = f"/companies/{self.there.business_id}/imports{path}"
        return await asyncio.to_thread(self.world.call, method, whole, self.secret, **more)

    async def hand_in(self, content: bytes, key: str | None = None, **query: str) -> httpx.Response:
        params = {"name": "invoices.csv", **query}
        return await self.call("POST", "", content=content, params=params, key=key)

    async def ended(self, made: httpx.Response) -> dict[str, Any]:
        assert made.status_code == 201, made.text
        await asyncio.wait_for(self.there.imports.ended(made.json()["id"]), 60)
        found: dict[str, Any] = (await self.call("GET", f"/{made.json()['id']}")).json()
        return found


@pytest.fixture
def client(world: World, office: Office) -> Client:
    there = dataclasses.replace(office, business_id=world.company.business_id)
    scopes = [TokenScope.IMPORTS_READ, TokenScope.IMPORTS_WRITE]
    return Client(world, there, world.token(world.company, scopes))


async def test_a_file_is_taken_once_and_its_bad_records_are_corrected(
    client: Client, tmp_path: Path
) -> None:
    one = client.there.record()
    content = csv_file(tmp_path, [one], "this is no invoice").read_bytes()
    key = str(uuid.uuid4())
    made = await client.hand_in(content, key)
    done = await client.ended(made)
    assert (done["status"], done["booked"], done["bad"], done["left"]) == ("done", 1, 1, 0)
    assert done["received_by"].startswith("token:")

    again = await client.hand_in(content, key)
    assert (again.status_code, again.headers[REPLAYED]) == (201, "true")
    assert again.json()["id"] == made.json()["id"]
    another = await client.hand_in(content + b"\n", key)
    assert another.json()["type"] == "urn:karhu:problem:key-reused"

    path = f"/{made.json()['id']}"
    (bad,) = (await client.call("GET", f"{path}/records")).json()["items"]
    assert bad["line"] == 3
    fixed = csv_file(tmp_path, [client.there.record()]).read_bytes()
    corrected = await client.call("POST", f"{path}/records/{bad['serial']}", content=fixed)
    assert (await client.ended(corrected))["booked"] == 1
    assert (await client.call("GET", path)).json()["bad"] == 0
    twice = await client.call("POST", f"{path}/records/{bad['serial']}", content=fixed)
    assert twice.status_code == 409
    assert (await client.call("POST", f"{path}/cancel")).json()["status"] == "done"
    assert (await client.call("POST", f"{path}/retry")).json() == {"staged": 0}
    listed = (await client.call("GET", "", params={"limit": 2})).json()["items"]
    assert [one["id"] for one in listed] == [corrected.json()["id"], made.json()["id"]]


async def test_what_is_no_file_of_ours_is_refused_and_the_key_stays_free(
    client: Client, tmp_path: Path
) -> None:
    key = str(uuid.uuid4())
    for content in (b"\x00\x01\x02", b""):
        assert (await client.hand_in(content, key)).status_code == 422
    assert (await client.hand_in(b"a;b", map="nonsense")).status_code == 422
    good = csv_file(tmp_path, [client.there.record()]).read_bytes()
    assert (await client.ended(await client.hand_in(good, key)))["booked"] == 1


async def test_a_file_puts_nothing_into_another_companys_books(
    client: Client, office: Office, tmp_path: Path
) -> None:
    def at(record: InvoiceRecord, iban: str) -> InvoiceRecord:
        return record.model_copy(update={"iban": iban})

    # The other company has an invoice that is to be paid to an account of its own.
    theirs = at(office.record(), "FI2112345600000785")
    await office.take_in(theirs)
    new = office.record()
    done = await client.ended(await client.hand_in(csv_file(tmp_path, [new]).read_bytes()))
    assert (done["booked"], done["bad"]) == (0, 1)
    with pytest.raises(Exception, match="No row"):
        office.row(new.number)

    bank = ktl_file(tmp_path, [(theirs.reference or "", theirs.amount_cents)]).read_bytes()
    done = await client.ended(await client.hand_in(bank, name="payments.ktl"))
    assert (done["kind"], done["booked"], done["bad"]) == ("payments", 0, 2)
    assert office.story(theirs.number).payments == []

    # Nor when it says that the account is its own: it is not its alone.
    ours = at(client.there.record(), "FI2112345600000785")
    await client.ended(await client.hand_in(csv_file(tmp_path, [ours]).read_bytes()))
    done = await client.ended(await client.hand_in(bank, name="payments.ktl"))
    assert (done["booked"], done["bad"]) == (0, 2)
    assert office.row(theirs.number).state == "open"


async def test_a_file_is_handed_in_by_those_who_may(client: Client, world: World) -> None:
    secret = world.sign_in(world.users["company", Role.READ_ONLY])
    looking = dataclasses.replace(client, secret=secret)
    assert (await looking.hand_in(b"a;b")).status_code == 403
    assert (await looking.call("GET", "")).status_code == 200
