"""The piece of a camt file that a complaint is about, as a whole small message: corrected, it can
be handed in again alone."""

from copy import deepcopy
from typing import cast

from lxml import etree

from integrations import fields
from integrations.xml.parsing import local_name

__all__ = ["Frame"]

_MESSAGES = {"Stmt": "BkToCstmrStmt", "Ntfctn": "BkToCstmrDbtCdtNtfctn"}


class Frame:
    """What stands around the entries of one statement or notification."""

    def __init__(self, statement: etree._Element) -> None:
        """From a statement that has come to its first entry, or its end."""
        name = local_name(statement)
        self._tags = ["Document", _MESSAGES[name], name]
        self._namespace = etree.QName(statement).namespace
        self._header = [
            deepcopy(child) for child in statement if local_name(child) in {"CreDtTm", "Acct"}
        ]

    def entry(self, entry: etree._Element) -> str | None:
        """An entry with all that it still holds. None where it is longer than 256 KB."""
        return self._message(deepcopy(entry))

    def transaction(
        self, entry: etree._Element, transaction: etree._Element, *, takes_back: bool
    ) -> str | None:
        """A transaction of a batch as an entry of its own, with its own amount and direction,
        because the batch's sum is not its. None where it is longer than 256 KB."""
        own = deepcopy(transaction)
        single = self._element(local_name(entry))
        amount = own.find("{*}Amt")
        if amount is None:
            amount = own.find("{*}AmtDtls/{*}TxAmt/{*}Amt")
        for child in entry:
            name = local_name(child)
            if name == "Amt":
                copy = self._element("Amt") if amount is None else deepcopy(amount)
                copy.tail = None
                single.append(copy)
            elif name == "CdtDbtInd":
                side = self._element(name)
                side.text = "DBIT" if takes_back else "CRDT"
                single.append(side)
                if takes_back:
                    reversal = self._element("RvslInd")
                    reversal.text = "true"
                    single.append(reversal)
            elif name == "NtryDtls":
                details = self._element(name)
                details.append(own)
                single.append(details)
                break
            elif name not in {"NtryRef", "RvslInd", "AcctSvcrRef"}:
                single.append(deepcopy(child))
        return self._message(single)

    def _element(self, name: str) -> etree._Element:
        namespace = self._namespace
        return etree.Element(
            f"{{{namespace}}}{name}" if namespace else name,
            nsmap=cast("dict[str, str]", {None: namespace}) if namespace else None,
        )

    def _message(self, entry: etree._Element) -> str | None:
        root = at = self._element(self._tags[0])
        for name in self._tags[1:]:
            inner = self._element(name)
            at.append(inner)
            at = inner
        for element in (*self._header, entry):
            copy = deepcopy(element)
            copy.tail = "\n"
            at.append(copy)
        etree.cleanup_namespaces(root)
        return fields.raw(etree.tostring(root, encoding="unicode"))
