"""An entry of the account and its transactions, as payments.

An entry (Ntry) is one line of the account. It may be a batch: one sum, and many transactions
(TxDtls) with amounts of their own. Where an entry has a single transaction the entry's own amount
and direction count, because that is what came to the account.
"""

import datetime as dt
from collections.abc import Iterator

from lxml import etree

from domain import money
from integrations import fields
from integrations.camt.direction import Direction, direction, is_reference_payment
from integrations.camt.remittance import remittance
from integrations.camt.said import Said
from integrations.camt.statement import Statement
from integrations.fields import BadField, bad_record
from integrations.intake import BadRecord, Fault, PaymentRecord
from integrations.payment_keys import PaymentKeys
from integrations.xml.parsing import line_of
from integrations.xml.streaming import drop

__all__ = ["Entry"]

_TRANSACTIONS = frozenset({"NtryDtls"})
_REMITTANCE = frozenset({"RmtInf"})
_IDS = ("TxId", "UETR", "EndToEndId", "InstrId")


class Entry:
    """An entry that is being read, transaction by transaction."""

    def __init__(
        self, element: etree._Element, statement: Statement, index: int, keys: PaymentKeys
    ) -> None:
        self.element = element
        self._statement = statement
        self._index = index
        self._keys = keys
        self._said_once: Said | None = None
        self._days_once: tuple[dt.date, dt.date] | None = None
        self._count = 0
        self._stated: int | None = None
        self._held: etree._Element | None = None
        self._total_cents = 0
        self._has_total = True
        self._is_ours = False

    def holds(self, transaction: etree._Element) -> bool:
        """Whether a transaction stands where the standard puts it: Ntry/NtryDtls/TxDtls."""
        details = transaction.getparent()
        return details is not None and details.getparent() is self.element

    def take(self, transaction: etree._Element) -> Iterator[PaymentRecord | BadRecord]:
        """A transaction that has ended; what comes of the one before it."""
        # Only when the next one comes, or none, is it known whether one stands alone
        self._count += 1
        if self._held is None:
            self._stated = self._stated_count()
        else:
            yield from self._of(self._held, alone=False)
            details = self._held.getparent()
            drop(self._held)
            if details is not None and details is not transaction.getparent():
                self.element.remove(details)
        self._held = transaction

    def end(self) -> Iterator[PaymentRecord | BadRecord]:
        """What is left when the entry has ended."""
        if self._held is None:
            yield from self._without_transactions()
            return
        alone = self._count == 1 and self._stated in {None, 1}
        yield from self._of(self._held, alone=alone)
        if not alone and self._is_ours:
            try:
                self._check_sum()
            except BadField as bad:
                yield self._bad(bad, self.element, None)

    @property
    def _said(self) -> Said:
        if self._said_once is None:
            self._said_once = Said(self.element, without=_TRANSACTIONS)
        return self._said_once

    def _days(self) -> tuple[dt.date, dt.date]:
        """Booking date and value date. BadField where there is neither."""
        if self._days_once is None:
            value_on = self._said.day("ValDt")
            booked_on = self._said.day("BookgDt") or value_on
            if booked_on is None:
                raise BadField("BookgDt", "is missing; ask the bank", Fault.MISSING)
            # Nobody pays later than the bank books: a later value date costs the payer no interest
            self._days_once = booked_on, min(value_on or booked_on, booked_on)
        return self._days_once

    def _stated_count(self) -> int | None:
        """How many transactions a batch says that it has; None where it does not."""
        text = fields.clean(self.element.findtext("{*}NtryDtls/{*}Btch/{*}NbOfTxs"))
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else None

    def _check_sum(self) -> None:
        """BadField unless a batch's transactions are as many and as much as it says."""
        if self._stated not in {None, self._count}:
            raise BadField(
                "NbOfTxs",
                f"states {self._stated} transactions, the entry holds {self._count};"
                " ask the bank for the file again",
                Fault.MISMATCH,
            )
        try:
            cents = self._said.cents("Amt")
        except BadField:
            return  # each of the transactions has been reported for it
        if self._said.text("CdtDbtInd") == "DBIT":
            cents = -cents
        if self._has_total and cents != self._total_cents:
            raise BadField(
                "Amt",
                f"states {money.to_decimal(cents)} EUR, the entry's transactions make"
                f" {money.to_decimal(self._total_cents)}; ask the bank for the file again",
                Fault.MISMATCH,
            )

    def _without_transactions(self) -> Iterator[PaymentRecord | BadRecord]:
        try:
            way = direction(self._said, None, alone=True)
            if way is Direction.OWN:
                self._statement.passed += 1
                return
            self._check(way)
            self._check_no_sum()
            cents = self._said.cents("Amt")
            records = self._records(self.element, self._said, way, cents, alone=True)
        except BadField as bad:
            yield self._bad(bad, self.element, self._statement.frame.entry(self.element))
            return
        yield from records

    def _check_no_sum(self) -> None:
        """BadField for an entry that sums payments and has none of them."""
        is_batch = self.element.find("{*}NtryDtls/{*}Btch") is not None
        if is_batch or is_reference_payment(self._said):
            raise BadField(
                "NtryDtls",
                f"the entry sums {self._stated_count() or 'several'} payments without saying which;"
                " they are in the bank's file of incoming payments (camt.054 or KTL): hand that in,"
                " nothing is booked from here",
                Fault.DETAILS_ELSEWHERE,
            )

    def _of(
        self, transaction: etree._Element, *, alone: bool
    ) -> Iterator[PaymentRecord | BadRecord]:
        said = Said(transaction, without=_REMITTANCE)
        way: Direction | None = None
        try:
            way = direction(self._said, said, alone=alone)
            cents = self._cents(said, way, alone=alone)
            if way is Direction.OWN or cents is None:
                self._statement.passed += 1
                return
            self._is_ours = True
            self._check(way)
            records = self._records(transaction, said, way, cents, alone=alone)
        except BadField as bad:
            self._is_ours = True
            frame = self._statement.frame
            if alone:
                raw = frame.entry(self.element)
            else:
                takes_back = way is Direction.TAKEN_BACK
                raw = frame.transaction(self.element, transaction, takes_back=takes_back)
            yield self._bad(bad, transaction, raw)
            return
        yield from records

    def _cents(self, said: Said, way: Direction, *, alone: bool) -> int | None:
        """A transaction's amount, which is added up; None where it does not matter."""
        try:
            if alone:
                return None if way is Direction.OWN else self._said.cents("Amt")
            cents = said.cents("Amt", "AmtDtls/TxAmt/Amt")
        except BadField:
            self._has_total = False
            if way is Direction.OWN:
                return None
            raise
        minus = way in {Direction.OWN, Direction.TAKEN_BACK}
        self._total_cents += -cents if minus else cents
        return cents

    def _check(self, way: Direction) -> None:
        """BadField for what may not be booked as a payment."""
        self._said.cents("Amt")  # of an account in another currency
        if way is Direction.OWN_RETURNED:
            raise BadField(
                "RvslInd",
                "is a payment of the company's own that came back, not a customer's payment;"
                " book it by hand",
                Fault.UNSUPPORTED,
            )
        status = self._said.text("Sts/Cd", "Sts", "Sts/Prtry")
        if status != "BOOK":
            raise BadField(
                "Sts",
                f"{fields.shown(status)}: the bank has not booked it; it comes again in a later"
                " file, when it is booked"
                if status
                else "is missing; ask the bank",
                Fault.NOT_BOOKED if status else Fault.MISSING,
            )

    def _records(
        self, element: etree._Element, said: Said, way: Direction, cents: int, *, alone: bool
    ) -> list[PaymentRecord]:
        """The payments of a transaction, or of an entry without one, and what it `said`."""
        if not cents:
            raise BadField("Amt", "is zero; there is nothing to book", Fault.NOTHING_TO_PAY)
        account = self._statement.account()
        booked_on, value_on = self._days()
        paid_on = said.day("RltdDts/AccptncDtTm") or value_on
        archive_id = said.text("Refs/AcctSvcrRef")
        of_entry = self._said.text("AcctSvcrRef")
        if alone:
            archive_id = archive_id or of_entry
        elif archive_id == of_entry:
            archive_id = ""  # the batch's id, which its payments share
        otherwise = said.text("AddtlTxInf") or (self._said.text("AddtlNtryInf") if alone else "")
        info = remittance(element, cents, otherwise)
        payer = fields.without_personal_codes(
            said.text(
                "RltdPties/Dbtr/Nm",
                "RltdPties/Dbtr/Pty/Nm",
                "RltdPties/UltmtDbtr/Nm",
                "RltdPties/UltmtDbtr/Pty/Nm",
            )
        )[:140]
        ids = [text for name in _IDS if (text := said.text(f"Refs/{name}")) != "NOTPROVIDED"]
        sign = -1 if way is Direction.TAKEN_BACK else 1
        return [
            PaymentRecord(
                key=self._keys.key(
                    account=account,
                    archive_id=archive_id,
                    reference=part.reference,
                    amount_cents=sign * part.cents,
                    booked_on=booked_on,
                    paid_on=paid_on,
                    payer=payer,
                    message=info.message,
                    other_ids=" ".join(ids),
                ),
                reference=part.reference,
                reference_valid=part.is_valid,
                amount_cents=sign * part.cents,
                booked_on=booked_on,
                paid_on=paid_on,
                payer=payer,
                archive_id=archive_id[:70],
                account=account,
                message=info.message,
                payer_account=said.text("RltdPties/DbtrAcct/Id/IBAN")[:34],
                source=self._statement.source,
                line=line_of(element),
            )
            for part in info.parts
        ]

    def _bad(self, bad: BadField, element: etree._Element, raw: str | None) -> BadRecord:
        return bad_record(
            bad,
            source=self._statement.source,
            line=line_of(element),
            index=self._index,
            raw=raw,
        )
