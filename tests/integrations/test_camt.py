"""Bank statements and notifications (camt.053, camt.054): every transaction once, none lost."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from integrations.intake import Fault, PaymentRecord
from integrations.readers import read_payments
from tests.integrations.camt_support import (
    ACCOUNT,
    OUT,
    VERSIONS,
    Entry,
    Tx,
    bad,
    batch,
    camt,
    paid,
    read,
    scor,
    the_complaint,
    the_feed,
    the_payment,
)

DATA = Path(__file__).parent.parent / "data"
CAMT = sorted(path.name for path in DATA.glob("payments_camt.*.xml"))


@pytest.mark.parametrize("message", ["053", "054"])
@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_says_the_same(message: str, version: int) -> None:
    items = read(camt(Entry(), message=message, version=version))
    payment = the_payment(items)
    assert (payment.reference, payment.reference_valid) == ("10427", True)
    assert payment.amount_cents == 1000
    assert (payment.booked_on, payment.paid_on) == (date(2026, 9, 15), date(2026, 9, 14))
    assert (payment.payer, payment.payer_account) == ("Esimerkki Oy", "FI4819503000000010")
    assert (payment.account, payment.archive_id) == (ACCOUNT, "202609150000000001")
    assert (payment.message, payment.failed) == ("", False)
    feed = the_feed(items)
    assert (feed.account, feed.passed) == (ACCOUNT, 0)
    assert feed.as_of == datetime(2026, 9, 16, 3, tzinfo=UTC)  # 6:00 in Helsinki


@pytest.mark.parametrize("name", CAMT)
def test_a_transaction_has_one_key_in_every_format(name: str) -> None:
    def facts(item: PaymentRecord) -> tuple[object, ...]:
        return item.key, item.reference, item.amount_cents, item.booked_on, item.paid_on

    ktl = {facts(item) for item in paid(list(read_payments(DATA / "payments.ktl")))}
    failed = {
        facts(item) for item in paid(list(read_payments(DATA / "payments.ktl"))) if item.failed
    }
    items = list(read_payments(DATA / name))
    assert not bad(items)
    assert len(paid(items)) == 5
    assert {facts(item) for item in paid(items)} == ktl - failed


@pytest.mark.parametrize(
    "archive", ["0915588A  1", "260915588A  1", "20260915588A  1", "20260915588A1  "]
)
def test_the_day_in_an_archive_id_may_be_written_in_three_ways(archive: str) -> None:
    short = the_payment(read(camt(Entry((Tx(archive="0915588A1"),)))))
    assert the_payment(read(camt(Entry((Tx(archive=archive),))))).key == short.key


def test_the_same_archive_id_a_year_later_is_another_transaction() -> None:
    keys = {
        the_payment(read(camt(Entry((Tx(archive=archive),), booked=f"{year}-09-15")))).key
        for archive in ("0915588A1", "NO-DAY-IN-IT-77")
        for year in (2025, 2026)
    }
    assert len(keys) == 4


@pytest.mark.parametrize("version", VERSIONS)
def test_two_payments_alike_in_everything_but_the_archive_id_are_two(version: int) -> None:
    txs = (Tx(), Tx(archive="202609150000000002"))
    one, other = paid(read(camt(batch(*txs), version=version)))
    assert one.key != other.key


def test_without_an_id_of_its_own_a_payment_in_a_batch_is_known_by_its_contents() -> None:
    # the batch's own id repeated in each transaction is nobody's
    txs = (Tx(archive="202609150000000090"), Tx(archive=""), Tx("5.00", archive=""))
    entry = batch(*txs, archive="202609150000000090")
    keys = [item.key for item in paid(read(camt(entry)))]
    assert len(set(keys)) == 3
    assert [item.key for item in paid(read(camt(entry, message="053", version=2)))] == keys


@pytest.mark.parametrize(
    ("written", "reference", "is_valid"),
    [
        ("00000000000000010427", "10427", True),
        ("10428", "10428", False),
        ("RF18539007547034", "RF18539007547034", True),
        ("0000", None, False),
    ],
)
def test_references_come_in_the_one_form(
    written: str, reference: str | None, is_valid: bool
) -> None:
    payment = the_payment(read(camt(Entry((Tx(reference=written),)))))
    assert (payment.reference, payment.reference_valid) == (reference, is_valid)


def test_what_the_payer_wrote_is_the_message() -> None:
    tx = Tx(reference="", message="Lasku 1042 / 010190-900P kiitos")
    payment = the_payment(read(camt(Entry((tx,)))))
    assert (payment.reference, payment.message) == (None, "Lasku 1042 / kiitos")


def test_an_rf_reference_that_was_written_as_a_message_is_one() -> None:
    payment = the_payment(read(camt(Entry((Tx(reference="", message="RF18 5390 0754 7034"),)))))
    assert payment.reference == "RF18539007547034"
    invoice_number = the_payment(read(camt(Entry((Tx(reference="", message="10427"),)))))
    assert (invoice_number.reference, invoice_number.message) == (None, "10427")


def test_a_payment_for_several_references_is_several() -> None:
    remittance = scor("10427", "6.00") + scor("10430", "4.00")
    items = read(camt(Entry((Tx(remittance=remittance),))))
    assert [(item.reference, item.amount_cents) for item in paid(items)] == [
        ("10427", 600),
        ("10430", 400),
    ]
    assert len({item.key for item in paid(items)}) == 2


@pytest.mark.parametrize("second", ["5.00", ""])
def test_references_whose_amounts_do_not_add_up_are_for_a_person(second: str) -> None:
    remittance = scor("10427", "6.00") + scor("10430", second)
    payment = the_payment(read(camt(Entry((Tx(remittance=remittance),)))))
    assert (payment.reference, payment.amount_cents) == (None, 1000)
    assert payment.message == "10427 10430"


def test_structured_words_that_are_no_reference_are_in_the_message() -> None:
    remittance = (
        "<Strd><RfrdDocInf><Nb>1042</Nb></RfrdDocInf></Strd>"
        + scor("ISR 7", kind="<Prtry>ISR Reference</Prtry>")
        + "<Strd><AddtlRmtInf>kiitos</AddtlRmtInf></Strd>"
    )
    payment = the_payment(read(camt(Entry((Tx(remittance=remittance),)))))
    assert (payment.reference, payment.message) == (None, "1042 ISR 7 kiitos")


def test_a_single_transaction_brings_what_came_to_the_account() -> None:
    payment = the_payment(read(camt(Entry((Tx("2082.58", currency="SEK"),), amount="216.85"))))
    assert payment.amount_cents == 21685


def test_an_entry_without_transactions_is_a_payment_of_its_own() -> None:
    entry = Entry((), amount="7.5", archive="X1", more="<AddtlNtryInf>käteispano</AddtlNtryInf>")
    payment = the_payment(read(camt(entry)))
    assert (payment.amount_cents, payment.reference) == (750, None)
    assert (payment.message, payment.archive_id) == ("käteispano", "X1")


def test_dates_may_have_times_and_offsets() -> None:
    data = camt(Entry(booked=""))
    data = data.replace(b"2026-09-14T12:00:00", b"2026-09-13T22:30:00Z")
    data = data.replace(
        b"<BkTxCd>", b"<BookgDt><DtTm>2026-09-14T23:30:00.5+02:00</DtTm></BookgDt><BkTxCd>"
    )
    payment = the_payment(read(data))
    assert (payment.paid_on, payment.booked_on) == (date(2026, 9, 14), date(2026, 9, 15))


def test_a_later_value_date_does_not_cost_the_payer_interest() -> None:
    data = camt(Entry()).replace(b"AccptncDtTm", b"TxDtTm")
    value = b"<ValDt><Dt>2026-09-%d</Dt></ValDt><BkTxCd>"
    later = the_payment(read(data.replace(b"<BkTxCd>", value % 17)))
    assert later.paid_on == date(2026, 9, 15)
    earlier = the_payment(read(data.replace(b"<BkTxCd>", value % 11)))
    assert earlier.paid_on == date(2026, 9, 11)


# ── which way the money went ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "entry",
    [
        Entry((Tx(indicator="DBIT"),), indicator="DBIT", reversal=True),
        Entry((Tx(indicator="DBIT"),), indicator="DBIT", sub_family="RRTN"),
        Entry((Tx(indicator="DBIT"),), indicator="DBIT", family="IDDT", sub_family="UPDD"),
        Entry((Tx(indicator="DBIT"),), indicator="DBIT", code="705VIITESIIRTO"),
        Entry(
            (Tx(indicator="DBIT", more="<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"),),
            indicator="DBIT",
        ),
        Entry((), amount="10.00", indicator="DBIT", reversal=True),
    ],
)
def test_a_reversal_takes_a_payment_back(entry: Entry, version: int) -> None:
    assert the_payment(read(camt(entry, version=version))).amount_cents == -1000


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("entry", "passed"),
    [
        (OUT, 1),
        (replace(OUT, currency="SEK", status="PDNG"), 1),
        (replace(OUT, txs=(), amount="3.00"), 1),
        (replace(OUT, family="RCDT", sub_family="CHRG"), 1),
        (batch(*(replace(OUT.txs[0], amount="1") for _ in range(3)), indicator="DBIT"), 3),
    ],
)
def test_the_companys_own_payments_are_counted(entry: Entry, passed: int, version: int) -> None:
    assert [the_feed(read(camt(entry, version=version))).passed] == [passed]
    assert len(read(camt(entry, version=version))) == 1


@pytest.mark.parametrize("change", [{"reversal": True}, {"family": "ICDT", "sub_family": "RRTN"}])
def test_an_own_payment_that_came_back_is_for_a_person(change: dict[str, object]) -> None:
    complaint = the_complaint(read(camt(replace(Entry(), **change))))  # type: ignore[arg-type]
    assert complaint.fault is Fault.UNSUPPORTED


def test_a_correction_lessens_the_batch_that_it_stands_in() -> None:
    items = read(camt(batch(Tx("5.00"), Tx("2.00", archive="X", indicator="DBIT"))))
    assert [item.amount_cents for item in paid(items)] == [500, -200]
    assert not bad(items)
    more_back = batch(
        Tx("5.00", indicator="DBIT"), Tx("2.00", archive="X"), indicator="DBIT", code="705"
    )
    items = read(camt(more_back))
    assert [item.amount_cents for item in paid(items)] == [-500, 200]
    assert not bad(items)


# ── what is not booked ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("message", ["053", "054"])
@pytest.mark.parametrize(
    "entry", [Entry((), amount="70.00", count="7"), Entry((), amount="70.00", code="705VIITE")]
)
def test_a_sum_without_its_payments_is_no_payment(entry: Entry, message: str) -> None:
    complaint = the_complaint(read(camt(entry, message=message)))
    assert complaint.fault is Fault.DETAILS_ELSEWHERE
    assert "camt.054" in complaint.reason
    assert "KTL" in complaint.reason


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("status", ["PDNG", "INFO", "FUTR"])
def test_what_the_bank_has_not_booked_is_not_booked(status: str, version: int) -> None:
    complaint = the_complaint(read(camt(Entry(status=status), version=version)))
    assert (complaint.element, complaint.fault) == ("Sts", Fault.NOT_BOOKED)
