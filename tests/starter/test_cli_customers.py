"""`karhu customer`: a customer's own order of channels."""

from tests.starter.office import Office
from tests.starter.test_cli import Karhu, karhu

__all__ = ["karhu"]


async def test_a_customers_own_order(karhu: Karhu, office: Office) -> None:
    record = office.record()
    await office.take_in(record)
    key = record.buyer.customer_number or ""
    mine = ("customer", "channels", key, "--company", office.business_id)
    shown = await karhu(*mine)
    assert (shown.exit_code, "as its rule says" in shown.stdout) == (0, True)
    done = await karhu(*mine, "paper", "email")
    assert "paper, email" in done.stdout
    assert "paper, email" in (await karhu(*mine)).stdout
    assert (await karhu(*mine, "paper", "paper")).exit_code == 1
    assert (await karhu(*mine, "pigeon")).exit_code == 2
    assert (await karhu(*mine, "paper", "--as-the-rule")).exit_code == 1
    # Taken in again, the customer keeps it.
    await office.take_in(office.record())
    assert "paper, email" in (await karhu(*mine)).stdout
    assert "as its rule says" in (await karhu(*mine, "--as-the-rule")).stdout
    nobody = await karhu("customer", "channels", "nobody", "--company", office.business_id)
    assert nobody.exit_code == 1


async def test_a_customer_is_changed_and_placed_anew(karhu: Karhu, office: Office) -> None:
    record = office.record()
    await office.take_in(record)
    key = record.buyer.customer_number or ""
    mine = ("customer", "change", key, "--company", office.business_id)
    done = await karhu(*mine, "--class", "business", "--name", "Malliasiakkaan Paja Oy")
    assert (done.exit_code, "debtor_class, name changed" in done.stdout) == (0, True)
    assert "Businesses" in done.stdout
    assert "none (by hand)" in (await karhu(*mine, "--country", "se")).stdout
    assert "nothing changed" in (await karhu(*mine, "--country", "SE")).stdout
    assert (await karhu(*mine, "--country", "Sweden")).exit_code == 1
    assert (await karhu(*mine, "--name", " ")).exit_code == 1
    assert (await karhu(*mine, "--class", "ghost")).exit_code == 2


async def test_a_customers_default_contact(karhu: Karhu, office: Office) -> None:
    record = office.record()
    await office.take_in(record)
    key = record.buyer.customer_number or ""
    mine = ("customer", "contact", key, "--company", office.business_id)
    assert "no default contact" in (await karhu(*mine)).stdout
    done = await karhu(*mine, "--name", "Maija", "--phone", "040 000 0001")
    assert "Maija, 040 000 0001" in done.stdout
    # Taken in again, the customer keeps it.
    await office.take_in(office.record())
    assert "Maija, 040 000 0001" in (await karhu(*mine)).stdout
    assert "customer" in (await karhu(*mine, "--name", "", "--email", "m@malli.example")).stdout
    assert "040 000 0001, m@malli.example" in (await karhu(*mine)).stdout
