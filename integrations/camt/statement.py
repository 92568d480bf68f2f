"""An account statement (Stmt) or a notification of entries (Ntfctn): whose account, when made."""

import datetime as dt
import re
from collections.abc import Iterator

from lxml import etree

from integrations.camt.raw import Frame
from integrations.camt.said import Said
from integrations.fields import BadField, bad_record
from integrations.intake import BadRecord, Fault, FeedRecord
from integrations.xml.parsing import line_of

__all__ = ["Statement"]

_NO_HEADER = frozenset({"Ntry", "Bal", "TxsSummry"})
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{10,30}")


class Statement:
    """A statement that is being read. `open` it where its entries begin."""

    def __init__(self, element: etree._Element, source: str) -> None:
        self.source = source
        self.passed = 0
        self.frame: Frame
        self._element = element
        self._line = line_of(element)
        self._account: str | None = None
        self._as_of: dt.datetime | None = None
        self._problems: list[BadField] = []
        self._is_open = False

    def open(self) -> "Statement":
        """Read what stands before the entries, once."""
        if not self._is_open:
            self._is_open = True
            self.frame = Frame(self._element)
            said = Said(self._element, without=_NO_HEADER)
            try:
                self._as_of = self._made_at(said)
            except BadField as bad:
                self._problems.append(bad)
            try:
                self._account = _account(said)
            except BadField as bad:
                self._problems.append(bad)
        return self

    def end(self) -> Iterator[FeedRecord | BadRecord]:
        """How fresh it is, or why nobody can say."""
        self.open()
        for problem in self._problems:
            passed = f"; {self.passed} payments of the company's own were passed over"
            reason = problem.reason + (passed if self.passed else "")
            bad = BadField(problem.element, reason, problem.fault)
            yield bad_record(bad, source=self.source, line=self._line)
        if self._as_of is not None and self._account is not None:
            yield FeedRecord(
                account=self._account,
                as_of=self._as_of,
                passed=self.passed,
                source=self.source,
                line=self._line,
            )

    def account(self) -> str:
        """The account's IBAN. BadField where the statement has none."""
        if self._account is None:
            raise BadField(
                "Acct",
                "the statement names no account by IBAN, so nobody can say where the money came to;"
                " ask the bank",
                Fault.MISSING,
            )
        return self._account

    def _made_at(self, said: Said) -> dt.datetime:
        """When the bank made it; a statement that does not say was made with its message."""
        made_at = said.instant("CreDtTm")
        message = self._element.getparent()
        header = None if message is None else message.find("{*}GrpHdr")
        if made_at is None and header is not None:
            made_at = Said(header).instant("CreDtTm")
        if made_at is None:
            raise BadField("CreDtTm", "is missing; ask the bank", Fault.MISSING)
        return made_at


def _account(said: Said) -> str:
    # Only its shape is looked at: no one has typed it, and money is not lost for a check digit
    text = said.text("Acct/Id/IBAN", "Acct/Id/Othr/Id").replace(" ", "").upper()
    if not text:
        raise BadField("Acct", "names no account; ask the bank", Fault.MISSING)
    if not _IBAN.fullmatch(text):
        raise BadField("Acct", "is no international account number (IBAN); ask the bank")
    return text
