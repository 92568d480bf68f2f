"""Bank statements and notifications (camt.053, camt.054): every transaction once, none lost."""

import io
import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import psutil
import pytest

from integrations.camt import read_camt
from integrations.intake import BadRecord, Fault, FeedRecord, PaymentRecord
from integrations.readers import kind_of, payments_in, read_payments
from tests.integrations.camt_support import ACCOUNT, Entry, Tx, batch, camt, scor

DATA = Path(__file__).parent.parent / "data"
CAMT = sorted(path.name for path in DATA.glob("payments_camt.*.xml"))
VERSIONS = range(2, 9)
Item = PaymentRecord | FeedRecord | BadRecord
OUT = Entry((Tx(indicator="DBIT", reference=""),), indicator="DBIT", family="ICDT")


def read(data: bytes) -> list[Item]:
    return list(read_camt(io.BytesIO(data), "made.xml"))


def paid(items: list[Item]) -> list[PaymentRecord]:
    return [item for item in items if isinstance(item, PaymentRecord)]


def bad(items: list[Item]) -> list[BadRecord]:
    return [item for item in items if isinstance(item, BadRecord)]


def the_feed(items: list[Item]) -> FeedRecord:
    (feed,) = (item for item in items if isinstance(item, FeedRecord))
    assert items[-1] == feed
    return feed


def the_payment(items: list[Item]) -> PaymentRecord:
    payment, _ = items
    assert isinstance(payment, PaymentRecord)
    return payment


def the_complaint(items: list[Item]) -> BadRecord:
    assert not paid(items)
    (complaint,) = bad(items)
    return complaint


# ── what is taken from where ─────────────────────────────────────────────────────────────────


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


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (Entry(currency="SEK"), Fault.UNSUPPORTED),
        (Entry((Tx("0.00"),)), Fault.NOTHING_TO_PAY),
        (Entry(amount="-5.00"), Fault.INVALID),
        (Entry(amount="1.005"), Fault.INVALID),
        (Entry(amount="x"), Fault.INVALID),
        (Entry(booked=""), Fault.MISSING),
        (Entry(booked="2026-13-01"), Fault.INVALID),
        (Entry((Tx(paid="1850-01-01"),)), Fault.INVALID),
        (Entry(status=""), Fault.MISSING),
        (Entry(indicator="CREDIT"), Fault.INVALID),
        (Entry(indicator=""), Fault.MISSING),
    ],
)
@pytest.mark.parametrize("version", [2, 8])
def test_a_bad_transaction_can_be_corrected_and_handed_in_alone(
    entry: Entry, fault: Fault, version: int
) -> None:
    good = Entry((Tx(archive="OTHER"),))
    items = read(camt(good, entry, good, OUT, version=version))
    (complaint,) = bad(items)
    assert len(paid(items)) == 2
    assert the_feed(items).passed == 1
    assert (complaint.fault, complaint.index) == (fault, 2)
    assert complaint.line is not None
    assert complaint.raw is not None
    assert "Esimerkki" not in str(complaint)
    (again,) = bad(read(complaint.raw.encode()))
    assert (again.element, again.reason) == (complaint.element, complaint.reason)


@pytest.mark.parametrize("version", VERSIONS)
def test_one_of_a_batch_is_corrected_with_its_own_amount(version: int) -> None:
    txs = (
        Tx("5.00"),
        Tx("3.00", paid="2026-02-30"),
        Tx("2.00", archive="X", paid="2026-02-30", indicator="DBIT"),
    )
    entry = batch(*txs, archive="BATCH") if version > 2 else batch(*txs[:2], archive="BATCH")
    items = read(camt(entry, version=version))
    assert [item.amount_cents for item in paid(items)] == [500]
    again = [
        the_payment(read((complaint.raw or "").replace("2026-02-30", "2026-02-28").encode()))
        for complaint in bad(items)
    ]
    assert [item.amount_cents for item in again] == [300, -200][: len(entry.txs) - 1]
    right = batch(*(replace(tx, paid="2026-02-28") for tx in entry.txs), archive="BATCH")
    in_batch = paid(read(camt(right, version=version)))[1:]
    assert [item.key for item in again] == [item.key for item in in_batch]


def test_a_personal_identity_code_is_not_kept() -> None:
    tx = Tx(payer="Matti 010190-900P", message="010190-900P", paid="2026-02-30")
    complaint = the_complaint(read(camt(Entry((tx,)))))
    assert complaint.raw is not None
    assert "010190-900P" not in str(complaint.model_dump())


def test_a_piece_that_is_too_long_is_not_kept() -> None:
    complaint = the_complaint(read(camt(Entry((Tx(message="x" * 300_000, paid="x"),)))))
    assert complaint.raw is None


@pytest.mark.parametrize(
    "entry",
    [
        replace(batch(Tx("5.00"), Tx("6.00", archive="X")), amount="12.00"),
        replace(batch(Tx("5.00"), Tx("6.00", archive="X")), count="3"),
        replace(batch(Tx("5.00")), count="2", amount="11.00"),
    ],
)
def test_a_batch_that_does_not_add_up_is_told(entry: Entry) -> None:
    items = read(camt(entry))
    assert len(paid(items)) == len(entry.txs)
    (complaint,) = bad(items)
    assert complaint.fault is Fault.MISMATCH


def test_no_account_no_payment() -> None:
    items = read(camt(Entry(), OUT, account="<Othr><Id>12-34</Id></Othr>"))
    assert [type(item) for item in items] == [BadRecord, BadRecord]
    items = read(camt(Entry(), account=f"<Othr><Id>{ACCOUNT}</Id></Othr>"))
    assert the_payment(items).account == ACCOUNT


def test_freshness_is_the_statements_or_the_messages() -> None:
    of_message = "<CreDtTm>2026-09-16T01:30:00+02:00</CreDtTm>"
    feed = the_feed(read(camt(made_at="", header=of_message)))
    assert feed.as_of == datetime(2026, 9, 15, 23, 30, tzinfo=UTC)
    for made_at in ("", "<CreDtTm>2026-09-16</CreDtTm>", "<CreDtTm>2026-09-16T25:00:00</CreDtTm>"):
        items = read(camt(Entry(), made_at=made_at))
        assert len(paid(items)) == len(bad(items)) == 1
        assert bad(items)[0].element == "CreDtTm"


def test_every_statement_of_a_file_is_fresh() -> None:
    data = camt(Entry(), made_at="", header="<CreDtTm>2026-09-16T01:30:00</CreDtTm>")
    at, end = data.index(b"<Ntfctn>"), data.index(b"</BkToC")
    twice = data[:end] + data[at:end].replace(b"785</IBAN>", b"786</IBAN>") + data[end:]
    items = read(twice)
    assert [item.account[-3:] for item in items if item.account] == ["785", "785", "786", "786"]  # type: ignore[union-attr]


# ── other files, broken files, large files ───────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("camt.054.001.08", "camt.054.001.01"), "version 01"),
        (("camt.054.001.08", "camt.054.001.09"), "version 09"),
        (("camt.054.001.08", "camt.053.001.13"), "version 13"),
        (("camt.054.001.08", "camt.052.001.08"), "camt.052"),
        (("camt.054.001.08", "pain.001.001.03"), "pain.001"),
        (("urn:iso:std:iso:20022:tech:xsd:camt", "urn:other"), "namespace"),
        (("xsd:camt", "xsd:}}camt"), "namespace"),
    ],
)
def test_other_messages_and_versions_are_refused(change: tuple[str, str], says: str) -> None:
    (complaint,) = read(camt(Entry()).replace(change[0].encode(), change[1].encode()))
    assert isinstance(complaint, BadRecord)
    assert (complaint.element, complaint.fault) == ("Document", Fault.UNSUPPORTED)
    assert says in complaint.reason


def test_a_doctype_is_refused_by_name() -> None:
    bomb = (
        b'<!DOCTYPE Document [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>\n<Document'
    )
    data = camt(Entry((Tx(payer="NAME"),))).replace(b"<Document", bomb).replace(b"NAME", b"&b;")
    (complaint,) = read(data)
    assert isinstance(complaint, BadRecord)
    assert complaint.element == "DOCTYPE"
    (complaint,) = read(b"<!DOCTYPE x SYSTEM 'http://bank.example/x.dtd'><x/>")
    assert isinstance(complaint, BadRecord)
    assert complaint.element == "DOCTYPE"


def test_a_file_that_breaks_off_gives_what_it_has_and_is_not_fresh() -> None:
    entries = [Entry((Tx(archive=f"A{number}"),)) for number in range(5)]
    data = camt(*entries)
    cut = data[: data.rindex(b"<Sts>")]
    items = read(cut)
    assert len(paid(items)) == 4
    assert items[-1] == bad(items)[0]
    assert bad(items)[0].element == "document"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<a/>",
        b"<a>",
        b"\n \n",
        b"<Finvoice><InvoiceDetails/></Finvoice>",
        b"<\x00",
        b"PK\x03",
    ],
)
def test_another_file_is_one_bad_record(data: bytes) -> None:
    for items in (list(payments_in(io.BytesIO(data), "x")), read(data)):
        (item,) = items
        assert isinstance(item, BadRecord)
        assert item.fault is Fault.UNREADABLE


def test_entries_where_none_belong_are_told() -> None:
    data = camt(Entry())
    entry = data[data.index(b"<Ntry>") : data.index(b"</Ntfctn>")]
    outside = data.replace(b"</Document>", entry + b"</Document>")
    items = read(outside)
    assert len(paid(items)) == 1
    assert {item.element for item in bad(items)} == {"TxDtls", "Ntry"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-15"])
def test_any_declared_encoding(encoding: str) -> None:
    text = camt(Entry((Tx(payer="Mälli Öljy"),))).decode()
    data = text.replace('"UTF-8"', f'"{encoding}"').encode(encoding)
    assert the_payment(read(data)).payer == "Mälli Öljy"
    assert the_payment(read(b"\n" + data + b"\n\x1a")) if encoding != "utf-16" else True


def test_a_prefix_for_the_namespace_changes_nothing() -> None:
    text = camt(Entry()).decode()
    prefixed = text.replace("<", "<c:").replace("<c:/", "</c:").replace("<c:?", "<?")
    prefixed = prefixed.replace("xmlns=", "xmlns:c=")
    assert the_payment(read(prefixed.encode())).key == the_payment(read(text.encode())).key


def test_the_kind_of_a_file() -> None:
    def kind(data: bytes) -> str | None:
        stream = io.BytesIO(b"xx" + data)
        stream.seek(2)
        found = kind_of(stream)
        assert stream.tell() == 2
        return found

    for path in sorted(DATA.iterdir()):
        expected = "payments" if path.name.startswith("payments") else "invoices"
        assert kind(path.read_bytes()) == expected, path.name
    assert kind(camt(version=13)) == "payments"
    assert kind(camt().decode().encode("utf-16")) == "payments"
    assert kind(b"<Root><SalesInvoice><a/></SalesInvoice></Root>") == "invoices"
    assert kind(b'<root>\n<customer id="1"/></root>') == "invoices"
    assert kind("numero;summa\n1;2\n".encode("utf-16")) == "invoices"
    for other in (b"", b"\n", b"<html><p>a,b</p></html>", b"PK\x03\x04;\x00", b"%PDF-1.7\n%\xe2"):
        assert kind(other) is None
    line = b"312345600000785260915260914260915000000000100000000000000010427ESIMERKKI OY1J"
    assert kind(line + b"00001088360A0") == "payments"


class _Made(io.RawIOBase):
    """A file that is made while it is read."""

    def __init__(self, head: bytes, piece: Callable[[int], bytes], count: int, tail: bytes) -> None:
        self._pieces = itertools.chain([head], map(piece, range(count)), [tail])
        self._buffer = b""

    def read(self, size: int = -1) -> bytes:
        while len(self._buffer) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._buffer += piece
        given, self._buffer = self._buffer[:size], self._buffer[size:]
        return given


@pytest.mark.parametrize("as_batch", [True, False])
def test_memory_is_flat_in_the_files_size(as_batch: bool) -> None:
    head, tail = camt().split(b"</Ntfctn>")
    opened, closed = batch(Tx(), amount="1.00").xml(8).encode().split(b"</TxDtls>")
    opened = opened[: opened.index(b"<TxDtls>")].replace(b">1</NbOfTxs>", b">2000</NbOfTxs>")

    words = f"<AddtlTxInf>{'x' * 20_000}</AddtlTxInf>"

    def piece(number: int) -> bytes:
        tx = Tx(archive=f"A{number}", more=words)
        return (tx.xml(8) if as_batch else Entry((tx,)).xml(8)).encode()

    stream = _Made(
        head + (opened if as_batch else b""),
        piece,
        2000,
        (closed if as_batch else b"") + b"</Ntfctn>" + tail,
    )
    process = psutil.Process()
    before = process.memory_info().rss
    found = peak = 0
    for item in read_camt(stream, "made.xml"):  # type: ignore[arg-type]
        found += isinstance(item, PaymentRecord)
        peak = max(peak, process.memory_info().rss - before)
    assert found == 2000
    assert peak < 15_000_000  # of a file of forty million


def test_what_never_comes_to_an_entry_is_given_up() -> None:
    head, tail = camt().split(b"</Ntfctn>")
    filler = b"<Bal><Amt>1</Amt></Bal>" * 3000
    stream = _Made(head, lambda _: filler, 1000, b"</Ntfctn>" + tail)
    (complaint,) = read_camt(stream, "made.xml")  # type: ignore[arg-type]
    assert isinstance(complaint, BadRecord)
    assert "MiB" in complaint.reason
