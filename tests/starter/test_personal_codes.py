"""A personal identity code, wherever somebody writes it, is kept nowhere."""

from pathlib import Path

from sqlalchemy import text

from store.database import Database
from tests.starter.office import Office, csv_file, ktl_file
from tests.starter.test_cli import Karhu, karhu

__all__ = ["karhu"]

CODE = "131052-308T"


def kept_in(database: Database, word: str) -> list[str]:
    """The tables with a row that has the word anywhere in it."""
    with database.transaction() as session:
        tables = session.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).scalars()
        return [
            table
            for table in tables.all()
            if session.execute(
                text(f'SELECT count(*) FROM "{table}" t WHERE t::text ILIKE :word'),
                {"word": f"%{word}%"},
            ).scalar()
        ]


async def test_it_is_kept_nowhere(karhu: Karhu, office: Office, tmp_path: Path) -> None:
    one = office.record()
    changed = one.buyer.model_copy(
        update={"name": f"Matti Malliasiakas {CODE}", "customer_number": CODE}
    )
    file = csv_file(tmp_path, [one.model_copy(update={"buyer": changed})])
    file.write_text(file.read_text().replace("Keksitty tie 2", f"Keksitty tie 2 {CODE}"))
    assert (await karhu("import", file)).exit_code == 0
    number = one.number
    reason = f"the debtor ({CODE}) telephoned"
    mine = ("--company", office.business_id)
    for command, exit_code in (
        (("invoice", "hold", number, "--reason", reason, "--actor", CODE), 0),
        (("invoice", "release", number, "--reason", reason), 0),
        (("invoice", "credit", number, "1.00", "--note", CODE), 2),
        (("invoice", "pay", number, "1.00", "--key", CODE), 2),
        (("invoice", "pay", number, "1.00", "--key", "k1", "--actor", CODE), 0),
    ):
        assert (await karhu(*command, *mine)).exit_code == exit_code
    payments = ktl_file(tmp_path, [(one.reference or "", 100)])
    payments.write_text(payments.read_text("iso-8859-1").replace("MALLIASIAKAS", CODE.ljust(12)))
    await karhu("import", payments)

    assert kept_in(office.database, number)
    assert kept_in(office.database, CODE) == []
    handle = office.client.get_workflow_handle(f"invoice/{office.business_id}/{number}")
    assert CODE not in (await handle.fetch_history()).to_json()
