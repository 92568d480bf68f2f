"""Letters that came back: the rounds of the API read the mailbox, and the workflow looks."""

from datetime import UTC, datetime
from pathlib import Path

from integrations.agency import Agencies
from integrations.bounces import BounceMailbox
from starter.api.parts import Parts
from starter.api.rounds import Rounds
from store import booking
from store.tables import Notice
from tests.starter.office import Office

NAME = "reminder-1-{}-1234567-1"

REPORT = """\
From: MAILER-DAEMON@mx.karhu.example
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b1

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.karhu.example

Final-Recipient: rfc822; matti@malliasiakas.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such mailbox

--b1
Content-Type: text/rfc822-headers

Message-ID: <{}@karhu.example>

--b1--
"""


def sent(office: Office, invoice_id: int) -> str:
    """A letter that has left by e-mail, as far as anybody knows; its name."""
    name = NAME.format(invoice_id)
    now = office.clock.now(datetime.now(UTC))
    with office.database.transaction() as session:
        row = booking.lock(session, invoice_id)
        # A letter that was called off since: the case counts it, and has it no longer.
        row.case_json = {**row.case_json, "rounds": 1}
        session.add(row)
        session.add(
            Notice(
                invoice_id=invoice_id,
                kind="reminder",
                round=1,
                channel="email",
                status="sent",
                fee_cents=0,
                interest_cents=0,
                released_at=now,
                letter_date=now.date(),
                due=now.date(),
                message_id=name,
                sent_at=now,
            )
        )
    return name


async def test_the_rounds_read_what_came_back(office: Office, tmp_path: Path) -> None:
    one = office.record()
    await office.take_in(one)
    row = office.row(one.number)
    name = sent(office, row.id)
    rounds = Rounds(
        Parts(
            client=office.client,
            database=office.database,
            clock=office.clock,
            agencies=Agencies({}),
            real_now=lambda: datetime.now(UTC),
            bounces=BounceMailbox(tmp_path / "bounces"),
        )
    )
    # There is no mailbox yet; then there is, with somebody else's mail in it too.
    assert await rounds.read_bounces() is None
    (tmp_path / "bounces").mkdir()
    for file, letter in (("1", "stranger-1-1"), ("2", name)):
        (tmp_path / "bounces" / f"{file}.eml").write_text(REPORT.format(letter))
    drained = await rounds.read_bounces()
    assert drained is not None
    assert drained.told == 1
    # The invoice is open and has no reminder: a person is told.
    after = await office.until(one.number, lambda row: "came back" in row.attention)
    assert "no such mailbox" in after.attention
    assert {path.name for path in (tmp_path / "bounces").glob("*.eml")} == {"1.eml"}
    # Nothing is read twice, and a repeated report changes nothing.
    assert await rounds.read_bounces() is None
    (tmp_path / "bounces" / "3.eml").write_text(REPORT.format(name))
    assert await rounds.read_bounces() is None
    assert not (tmp_path / "bounces" / "3.eml").exists()
    with office.database.transaction() as session:
        assert not booking.lock(session, row.id).signal_pending
