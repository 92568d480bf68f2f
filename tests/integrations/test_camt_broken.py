"""Bank statements and notifications (camt.053, camt.054) that are broken, large or none at all."""

import io
import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from integrations.camt import read_camt
from integrations.intake import BadRecord, Fault, PaymentRecord
from integrations.readers import kind_of, payments_in
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
    the_complaint,
    the_feed,
    the_payment,
)

DATA = Path(__file__).parent.parent / "data"


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
