"""The demonstration's files, as a bookkeeping and a bank would write them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from lxml import etree
from lxml.builder import E

from domain import references
from domain.money import to_decimal
from integrations.intake import InvoiceRecord


def write_finvoice(path: Path, records: Iterable[InvoiceRecord]) -> None:
    """Finvoice 3.0 documents, one behind the other in one file, as banks deliver them."""
    with path.open("wb") as file:
        for record in records:
            file.write(etree.tostring(_finvoice(record), xml_declaration=True, encoding="UTF-8"))
            file.write(b"\n")


def _finvoice(record: InvoiceRecord) -> Any:
    seller, buyer = record.seller, record.buyer
    amount = f"{to_decimal(record.amount_cents)}".replace(".", ",")
    language = {"fi": "FI", "sv": "SV", "en": "EN"}[buyer.language]
    buyer_details = [
        E.BuyerOrganisationName(buyer.name),
        E.BuyerPostalAddressDetails(
            E.BuyerStreetName(buyer.street or ""),
            E.BuyerTownName(buyer.city or ""),
            E.BuyerPostCodeIdentifier(buyer.postcode or ""),
            E.CountryCode(buyer.country),
        ),
    ]
    if buyer.business_id:
        buyer_details.insert(0, E.BuyerPartyIdentifier(buyer.business_id))
    communication = [E.BuyerEmailaddressIdentifier(buyer.email)] if buyer.email else []
    return E.Finvoice(
        *_transmission(record),
        E.SellerPartyDetails(
            E.SellerPartyIdentifier(seller.business_id or ""),
            E.SellerOrganisationName(seller.name),
            E.SellerPostalAddressDetails(
                E.SellerStreetName(seller.street or ""),
                E.SellerTownName(seller.city or ""),
                E.SellerPostCodeIdentifier(seller.postcode or ""),
                E.CountryCode(seller.country),
            ),
        ),
        E.SellerInformationDetails(
            E.SellerPhoneNumber(seller.phone or ""),
            E.SellerCommonEmailaddressIdentifier(seller.email or ""),
            E.SellerAccountDetails(
                E.SellerAccountID(record.iban or "", IdentificationSchemeName="IBAN"),
            ),
        ),
        E.InvoiceRecipientLanguageCode(language),
        E.BuyerPartyDetails(*buyer_details),
        E.BuyerCommunicationDetails(*communication),
        E.InvoiceDetails(
            E.InvoiceTypeCode("INV01", CodeListAgencyIdentifier="SPY"),
            E.OriginCode("Original"),
            E.InvoiceNumber(record.number),
            E.InvoiceDate(f"{record.invoice_date:%Y%m%d}", Format="CCYYMMDD"),
            E.SellersBuyerIdentifier(buyer.customer_number or ""),
            E.InvoiceTotalVatIncludedAmount(amount, AmountCurrencyIdentifier="EUR"),
            E.PaymentTermsDetails(E.InvoiceDueDate(f"{record.due_date:%Y%m%d}", Format="CCYYMMDD")),
        ),
        E.EpiDetails(
            E.EpiPartyDetails(
                E.EpiBeneficiaryPartyDetails(
                    E.EpiAccountID(record.iban or "", IdentificationSchemeName="IBAN")
                )
            ),
            E.EpiPaymentInstructionDetails(
                E.EpiRemittanceInfoIdentifier(
                    record.reference or "", IdentificationSchemeName="SPY"
                ),
                E.EpiInstructedAmount(amount, AmountCurrencyIdentifier="EUR"),
                E.EpiDateOptionDate(f"{record.due_date:%Y%m%d}", Format="CCYYMMDD"),
            ),
        ),
        Version="3.0",
    )


def _transmission(record: InvoiceRecord) -> Iterator[Any]:
    """The way of an e-invoice; one that is sent otherwise has none."""
    seller, buyer = record.seller, record.buyer
    if buyer.einvoice_address is None:
        return
    yield E.MessageTransmissionDetails(
        E.MessageSenderDetails(
            E.FromIdentifier(seller.einvoice_address or ""),
            E.FromIntermediator(seller.einvoice_operator or ""),
        ),
        E.MessageReceiverDetails(
            E.ToIdentifier(buyer.einvoice_address),
            E.ToIntermediator(buyer.einvoice_operator or ""),
        ),
        E.MessageDetails(
            E.MessageIdentifier(record.number),
            E.MessageTimeStamp(f"{record.invoice_date}T06:00:00Z"),
        ),
    )


_COLUMNS = (
    *("seller_business_id", "seller_name", "seller_iban", "seller_street", "seller_postcode"),
    *("seller_city", "seller_email", "seller_phone", "customer_number", "customer_name"),
    *("customer_business_id", "is_private", "street", "postcode", "city", "country", "email"),
    *("einvoice_address", "einvoice_operator"),
    *("language", "invoice_number", "invoice_date", "due_date", "amount", "reference"),
)


def write_csv(path: Path, records: Iterable[InvoiceRecord]) -> None:
    """A table of invoices, as `docs/import-csv.md` has it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(_COLUMNS)
        for record in records:
            seller, buyer = record.seller, record.buyer
            writer.writerow(
                (
                    *(seller.business_id, seller.name, record.iban, seller.street, seller.postcode),
                    *(seller.city, seller.email, seller.phone, buyer.customer_number, buyer.name),
                    *(buyer.business_id or "", int(buyer.is_private), buyer.street),
                    *(buyer.postcode, buyer.city, buyer.country, buyer.email or ""),
                    *(buyer.einvoice_address or "", buyer.einvoice_operator or ""),
                    *(buyer.language, record.number, record.invoice_date, record.due_date),
                    *(f"{to_decimal(record.amount_cents)}".replace(".", ","), record.reference),
                )
            )


@dataclass(frozen=True)
class Transfer:
    """One incoming payment: amount in cents, the payer as the bank writes it."""

    reference: str
    amount_cents: int
    payer: str
    account: str


def write_ktl(path: Path, transfers: Sequence[Transfer], on: date) -> None:
    """Incoming reference payments (KTL): a batch record, the payments, and their sum."""
    day = f"{on:%y%m%d}"
    lines = [f"0{day}060001 1234567851".ljust(90)]
    for number, transfer in enumerate(transfers, start=1):
        archive = f"{day}{number:010}"
        lines.append(
            f"3{transfer.account}{day}{day}{archive}{transfer.reference:0>20}"
            f"{transfer.payer[:12].upper():<12}1J{transfer.amount_cents:010}0A0"
        )
    total = sum(transfer.amount_cents for transfer in transfers)
    lines.append(f"9{len(transfers):06}{total:011}{0:06}{0:011}{0:06}{0:011}".ljust(90, "0"))
    path.write_bytes("".join(f"{line}\r\n" for line in lines).encode("iso-8859-1", "replace"))


def account_of(iban: str) -> str:
    """The 14-digit account number inside a Finnish IBAN."""
    return references.iban(iban)[4:]
