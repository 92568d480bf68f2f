"""How quickly Finvoice files are read, beside lxml alone, and in how much memory."""

from __future__ import annotations

import gc
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from statistics import median

from lxml import etree

from bench.results import Figure
from domain import references
from integrations.intake import InvoiceRecord
from integrations.readers import read_invoices

TURNS = 3
SEVERAL = 10
"""How many times longer the long file is, for the memory."""

ROWS = 6  # of an invoice: with them it is of some eight kilobytes


def parsing(count: int, advance: Callable[[int], None]) -> Figure:
    """Documents of one core, and how much more memory a file ten times as long takes."""
    with tempfile.TemporaryDirectory(prefix="karhu-bench-") as folder:
        short, long = Path(folder) / "short.xml", Path(folder) / "long.xml"
        write_invoices(short, count // SEVERAL)
        write_invoices(long, count)
        speeds, bare = [], []
        for turn in range(TURNS):
            speeds.append(_documents_a_second(long, count))
            bare.append(_parsed_a_second(long))
            advance((turn + 1) * count // TURNS)
        little, much = _peak(short), _peak(long)
        size = long.stat().st_size
    return Figure(
        "Finvoice documents read",
        "a second",
        median(speeds),
        median(bare),
        target=2000.0,
        at_least=True,
        ratio=median(ours / alone for ours, alone in zip(speeds, bare, strict=True)),
        detail={
            "documents": count,
            "KB each": round(size / count / 1024, 1),
            "turns (Karhu, lxml alone; a second)": [
                [round(ours), round(alone)] for ours, alone in zip(speeds, bare, strict=True)
            ],
            "peak memory, short file (KB)": round(little / 1024),
            "peak memory, ten times as long (KB)": round(much / 1024),
        },
    )


def write_invoices(path: Path, count: int) -> None:
    """A file of so many made-up invoices one after the other, with every tenth in a SOAP frame."""
    with path.open("w", encoding="iso-8859-15", errors="xmlcharrefreplace") as file:
        for number in range(1, count + 1):
            if number % 10 == 0:
                file.write(FRAME)
            rows = "".join(ROW.format(row=row, number=number) for row in range(1, ROWS + 1))
            file.write(
                DOCUMENT.format(
                    number=number, reference=references.make(10_000 + number), rows=rows
                )
            )


def _documents_a_second(path: Path, count: int) -> float:
    gc.collect()
    began = time.process_time()
    read = sum(isinstance(item, InvoiceRecord) for item in read_invoices(path))
    seconds = time.process_time() - began
    assert read == count, f"{read} of {count} invoices were read"
    return count / seconds


def _parsed_a_second(path: Path) -> float:
    """lxml alone, its trees thrown away: how quick this machine is just now."""
    texts = [b"<?xml " + text for text in path.read_bytes().split(b"<?xml ")[1:]]
    began = time.process_time()
    for text in texts:
        etree.fromstring(text)
    return len(texts) / (time.process_time() - began)


def _peak(path: Path) -> int:
    """Bytes that Python held at most while it read."""
    gc.collect()
    tracemalloc.start()
    try:
        for _ in read_invoices(path):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


FRAME = """\
<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:eb="http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd">
<SOAP-ENV:Header><eb:MessageHeader>
<eb:From><eb:PartyId>003712345671</eb:PartyId><eb:Role>Sender</eb:Role></eb:From>
<eb:To><eb:PartyId>003776543212</eb:PartyId><eb:Role>Receiver</eb:Role></eb:To>
</eb:MessageHeader></SOAP-ENV:Header><SOAP-ENV:Body/>
</SOAP-ENV:Envelope>
"""

ROW = """\
  <InvoiceRow>
    <ArticleIdentifier>T-{row}</ArticleIdentifier>
    <ArticleName>Sähkötyö, käynti {row}</ArticleName>
    <DeliveredQuantity QuantityUnitCode="h">2,00</DeliveredQuantity>
    <UnitPriceAmount AmountCurrencyIdentifier="EUR">72,27</UnitPriceAmount>
    <RowPositionIdentifier>{row}</RowPositionIdentifier>
    <RowFreeText>Laskun {number} rivi {row}: tunnit ja tarvikkeet</RowFreeText>
    <RowVatRatePercent>25,5</RowVatRatePercent>
    <RowVatAmount AmountCurrencyIdentifier="EUR">36,86</RowVatAmount>
    <RowVatExcludedAmount AmountCurrencyIdentifier="EUR">144,53</RowVatExcludedAmount>
    <RowAmount AmountCurrencyIdentifier="EUR">181,39</RowAmount>
  </InvoiceRow>
"""

DOCUMENT = """\
<?xml version="1.0" encoding="ISO-8859-15"?>
<Finvoice Version="3.0">
  <MessageTransmissionDetails>
    <MessageSenderDetails>
      <FromIdentifier SchemeID="0216">003712345671</FromIdentifier>
      <FromIntermediator>NDEAFIHH</FromIntermediator>
    </MessageSenderDetails>
    <MessageReceiverDetails>
      <ToIdentifier SchemeID="0216">003776543212</ToIdentifier>
      <ToIntermediator>OKOYFIHH</ToIntermediator>
    </MessageReceiverDetails>
    <MessageDetails>
      <MessageIdentifier>esimerkki-{number}</MessageIdentifier>
      <MessageTimeStamp>2026-09-01T08:00:00Z</MessageTimeStamp>
    </MessageDetails>
  </MessageTransmissionDetails>
  <SellerPartyDetails>
    <SellerPartyIdentifier>1234567-1</SellerPartyIdentifier>
    <SellerOrganisationName>Kuvitteellinen Sähkö Oy</SellerOrganisationName>
    <SellerOrganisationTaxCode>FI12345671</SellerOrganisationTaxCode>
    <SellerPostalAddressDetails>
      <SellerStreetName>Keksitty katu 1</SellerStreetName>
      <SellerTownName>Helsinki</SellerTownName>
      <SellerPostCodeIdentifier>00100</SellerPostCodeIdentifier>
      <CountryCode>FI</CountryCode>
    </SellerPostalAddressDetails>
  </SellerPartyDetails>
  <SellerInformationDetails>
    <SellerPhoneNumber>09 000 0000</SellerPhoneNumber>
    <SellerCommonEmailaddressIdentifier>laskutus@kuvitteellinen.example</SellerCommonEmailaddressIdentifier>
    <SellerAccountDetails>
      <SellerAccountID IdentificationSchemeName="IBAN">FI2112345600000785</SellerAccountID>
      <SellerBic IdentificationSchemeName="BIC">NDEAFIHH</SellerBic>
    </SellerAccountDetails>
  </SellerInformationDetails>
  <InvoiceRecipientLanguageCode>FI</InvoiceRecipientLanguageCode>
  <BuyerPartyDetails>
    <BuyerOrganisationName>Mätti Malliasiakas {number}</BuyerOrganisationName>
    <BuyerPostalAddressDetails>
      <BuyerStreetName>Mallikatu {number}</BuyerStreetName>
      <BuyerTownName>Tampere</BuyerTownName>
      <BuyerPostCodeIdentifier>33100</BuyerPostCodeIdentifier>
      <CountryCode>FI</CountryCode>
    </BuyerPostalAddressDetails>
  </BuyerPartyDetails>
  <BuyerCommunicationDetails>
    <BuyerPhoneNumberIdentifier>040 000 0000</BuyerPhoneNumberIdentifier>
    <BuyerEmailaddressIdentifier>asiakas{number}@malli.example</BuyerEmailaddressIdentifier>
  </BuyerCommunicationDetails>
  <InvoiceDetails>
    <InvoiceTypeCode CodeListAgencyIdentifier="SPY">INV01</InvoiceTypeCode>
    <InvoiceTypeText>LASKU</InvoiceTypeText>
    <OriginCode>Original</OriginCode>
    <InvoiceNumber>{number}</InvoiceNumber>
    <InvoiceDate Format="CCYYMMDD">20260901</InvoiceDate>
    <SellersBuyerIdentifier>A-{number}</SellersBuyerIdentifier>
    <InvoiceTotalVatExcludedAmount AmountCurrencyIdentifier="EUR"
      >867,22</InvoiceTotalVatExcludedAmount>
    <InvoiceTotalVatAmount AmountCurrencyIdentifier="EUR">221,14</InvoiceTotalVatAmount>
    <InvoiceTotalVatIncludedAmount AmountCurrencyIdentifier="EUR"
      >1088,36</InvoiceTotalVatIncludedAmount>
    <VatSpecificationDetails>
      <VatBaseAmount AmountCurrencyIdentifier="EUR">867,22</VatBaseAmount>
      <VatRatePercent>25,5</VatRatePercent>
      <VatRateAmount AmountCurrencyIdentifier="EUR">221,14</VatRateAmount>
    </VatSpecificationDetails>
    <PaymentTermsDetails>
      <PaymentTermsFreeText>14 päivää netto</PaymentTermsFreeText>
      <InvoiceDueDate Format="CCYYMMDD">20260915</InvoiceDueDate>
      <PaymentOverDueFineDetails>
        <PaymentOverDueFinePercent>11,5</PaymentOverDueFinePercent>
      </PaymentOverDueFineDetails>
    </PaymentTermsDetails>
  </InvoiceDetails>
{rows}  <EpiDetails>
    <EpiIdentificationDetails>
      <EpiDate Format="CCYYMMDD">20260901</EpiDate>
      <EpiReference/>
    </EpiIdentificationDetails>
    <EpiPartyDetails>
      <EpiBfiPartyDetails>
        <EpiBfiIdentifier IdentificationSchemeName="BIC">NDEAFIHH</EpiBfiIdentifier>
      </EpiBfiPartyDetails>
      <EpiBeneficiaryPartyDetails>
        <EpiNameAddressDetails>Kuvitteellinen Sähkö Oy</EpiNameAddressDetails>
        <EpiAccountID IdentificationSchemeName="IBAN">FI2112345600000785</EpiAccountID>
      </EpiBeneficiaryPartyDetails>
    </EpiPartyDetails>
    <EpiPaymentInstructionDetails>
      <EpiRemittanceInfoIdentifier IdentificationSchemeName="SPY"
        >{reference}</EpiRemittanceInfoIdentifier>
      <EpiInstructedAmount AmountCurrencyIdentifier="EUR">1088,36</EpiInstructedAmount>
      <EpiCharge ChargeOption="SHA">SHA</EpiCharge>
      <EpiDateOptionDate Format="CCYYMMDD">20260915</EpiDateOptionDate>
    </EpiPaymentInstructionDetails>
  </EpiDetails>
</Finvoice>
"""
