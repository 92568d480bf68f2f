"""Made-up camt.053 and camt.054 files, of every version that banks send."""

import io
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape

from integrations.camt import read_camt
from integrations.intake import BadRecord, FeedRecord, PaymentRecord

ACCOUNT = "FI2112345600000785"
MADE_AT = "2026-09-16T06:00:00"
_MESSAGES = {
    "053": ("BkToCstmrStmt", "Stmt"),
    "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}


@dataclass(frozen=True)
class Tx:
    """A transaction; amounts as the file writes them."""

    amount: str = "10.00"
    reference: str = "00000000000000010427"
    archive: str = "202609150000000001"
    indicator: str = "CRDT"
    currency: str = "EUR"
    payer: str = "Esimerkki Oy"
    paid: str = "2026-09-14"
    message: str = ""
    remittance: str | None = None
    more: str = ""

    def xml(self, version: int) -> str:
        name = f"<Nm>{escape(self.payer)}</Nm>"
        amount = f'<Amt Ccy="{self.currency}">{self.amount}</Amt>'
        if version < 3:
            amount = f"<AmtDtls><TxAmt>{amount}</TxAmt></AmtDtls>"
        else:
            amount += f"<CdtDbtInd>{self.indicator}</CdtDbtInd>"
        refs = f"<AcctSvcrRef>{self.archive}</AcctSvcrRef>" if self.archive else ""
        return (
            f"<TxDtls><Refs>{refs}<EndToEndId>NOTPROVIDED</EndToEndId></Refs>{amount}"
            f"<RltdPties><Dbtr>{f'<Pty>{name}</Pty>' if version >= 8 else name}</Dbtr>"
            "<DbtrAcct><Id><IBAN>FI4819503000000010</IBAN></Id></DbtrAcct></RltdPties>"
            f"{self._remittance()}<RltdDts><AccptncDtTm>{self.paid}T12:00:00</AccptncDtTm>"
            f"</RltdDts>{self.more}</TxDtls>"
        )

    def _remittance(self) -> str:
        if self.remittance is not None:
            return f"<RmtInf>{self.remittance}</RmtInf>"
        words = f"<Ustrd>{escape(self.message)}</Ustrd>" if self.message else ""
        return f"<RmtInf>{words}{scor(self.reference) if self.reference else ''}</RmtInf>"


@dataclass(frozen=True)
class Entry:
    """An entry; its amount is its transactions' sum unless it is given."""

    txs: tuple[Tx, ...] = (Tx(),)
    amount: str = ""
    indicator: str = "CRDT"
    currency: str = "EUR"
    status: str = "BOOK"
    booked: str = "2026-09-15"
    archive: str = ""
    reversal: bool = False
    family: str = "RCDT"
    sub_family: str = "ESCT"
    code: str = ""
    count: str = ""
    more: str = ""

    def xml(self, version: int) -> str:
        status = f"<Cd>{self.status}</Cd>" if version >= 8 else self.status
        code = f"<Prtry><Cd>{self.code}</Cd><Issr>FFFS</Issr></Prtry>" if self.code else ""
        batch = f"<Btch><NbOfTxs>{self.count}</NbOfTxs></Btch>" if self.count else ""
        details = batch + "".join(tx.xml(version) for tx in self.txs)
        booked = f"<BookgDt><Dt>{self.booked}</Dt></BookgDt>" if self.booked else ""
        reference = f"<AcctSvcrRef>{self.archive}</AcctSvcrRef>" if self.archive else ""
        return (
            f'<Ntry><Amt Ccy="{self.currency}">{self.amount or self._sum()}</Amt>'
            f"<CdtDbtInd>{self.indicator}</CdtDbtInd>"
            f"{'<RvslInd>true</RvslInd>' if self.reversal else ''}<Sts>{status}</Sts>"
            f"{booked}{reference}<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{self.family}</Cd>"
            f"<SubFmlyCd>{self.sub_family}</SubFmlyCd></Fmly></Domn>{code}</BkTxCd>"
            f"{f'<NtryDtls>{details}</NtryDtls>' if details else ''}{self.more}</Ntry>\n"
        )

    def _sum(self) -> str:
        cents = sum(
            int(tx.amount.replace(".", "")) * (1 if tx.indicator == self.indicator else -1)
            for tx in self.txs
        )
        return f"{cents / 100:.2f}"


def scor(reference: str, amount: str = "", kind: str = "<Cd>SCOR</Cd>") -> str:
    """A structured part (Strd) with a reference, and the amount that is for it."""
    document = f'<RfrdDocAmt><RmtdAmt Ccy="EUR">{amount}</RmtdAmt></RfrdDocAmt>' if amount else ""
    return (
        f"<Strd>{document}<CdtrRefInf><Tp><CdOrPrtry>{kind}</CdOrPrtry></Tp>"
        f"<Ref>{reference}</Ref></CdtrRefInf></Strd>"
    )


def camt(
    *entries: Entry,
    message: str = "054",
    version: int = 8,
    account: str = f"<IBAN>{ACCOUNT}</IBAN>",
    made_at: str = f"<CreDtTm>{MADE_AT}</CreDtTm>",
    header: str = "",
) -> bytes:
    """A file with one statement or notification."""
    outer, inner = _MESSAGES[message]
    body = "".join(entry.xml(version) for entry in entries)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{message}.001.{version:02d}">\n'
        f"<{outer}><GrpHdr><MsgId>M1</MsgId>{header}</GrpHdr>\n"
        f"<{inner}><Id>S1</Id>{made_at}<Acct><Id>{account}</Id></Acct>\n"
        f"{body}</{inner}></{outer}>\n</Document>\n"
    ).encode()


def batch(*txs: Tx, **entry: str) -> Entry:
    """A batch entry, which says how many transactions it has."""
    return replace(Entry(txs=txs, count=str(len(txs))), **entry)  # type: ignore[arg-type]


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
