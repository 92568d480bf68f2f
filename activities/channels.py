"""The channels, each ready to carry a letter: e-invoice, e-mail, paper."""

from __future__ import annotations

from dataclasses import dataclass

from activities.desk import Desk
from domain.states import Channel
from integrations.finvoice.reminder import EInvoiceParty, UnwritableEInvoice, reminder_document
from integrations.letters import LetterContent, email_html, email_subject, email_text, render_pdf
from integrations.mail import Attachment, Mailer, MailRefused, MailUnavailable, MailUnsure, compose
from integrations.outbox import Outbox, Sheet, Slip
from integrations.places import OutboxRefused, OutboxUnavailable, OutboxUnsure
from store.tables import Notice

UNAVAILABLE = (MailUnavailable, OutboxUnavailable)
"""The letter did not leave; it may be taken back, or leave later."""

UNSURE = (MailUnsure, OutboxUnsure)
"""It may have left: the very same goes out again."""

REFUSED = (MailRefused, OutboxRefused, UnwritableEInvoice)
"""The channel will not have this letter, now or later."""


@dataclass(frozen=True)
class Channels:
    """Hands letters over. `sender` is the address that e-mails come from; `operator` the company's
    e-invoice operator where its own invoices do not name one.
    """

    mailer: Mailer
    sender: str
    paper: Outbox
    einvoices: Outbox
    operator: str = ""

    def carry(self, desk: Desk, notice: Notice, content: LetterContent, *, again: bool) -> None:
        """Hand the letter to its channel. `again`: an earlier attempt may have done it already.

        Raises one of `UNAVAILABLE`, `UNSURE`, `REFUSED`.
        """
        match Channel(notice.channel):
            case Channel.EINVOICE:
                self._einvoice(desk, notice, content, again)
            case Channel.EMAIL:
                self._email(desk, notice, content)
            case Channel.PAPER:
                self._paper(desk, notice, content, again)

    def _email(self, desk: Desk, notice: Notice, content: LetterContent) -> None:
        domain = self.sender.rpartition("@")[2]
        self.mailer.send(
            compose(
                message_id=f"<{notice.message_id}@{domain}>",
                sender=self.sender,
                recipient=desk.customer.email,
                reply_to=desk.company.email,
                subject=email_subject(content),
                text=email_text(content),
                html=email_html(content),
                language=content.language,
                attachment=Attachment(f"{notice.message_id}.pdf", render_pdf(content)),
                # The first attempt's day, so that a repeat is the same to the byte.
                at=notice.released_at,
            )
        )

    def _paper(self, desk: Desk, notice: Notice, content: LetterContent, again: bool) -> None:
        customer = desk.customer
        sheet = Sheet(
            name=notice.message_id,
            kind=notice.kind,
            company=desk.company.business_id,
            invoice=desk.invoice.number,
            recipient=customer.name,
            street=customer.street,
            postcode=customer.postcode,
            city=customer.city,
            country=customer.country,
        )
        self.paper.put(sheet, ".pdf", render_pdf(content), notice.letter_date, again=again)

    def _einvoice(self, desk: Desk, notice: Notice, content: LetterContent, again: bool) -> None:
        company, customer = desk.company, desk.customer
        seller = EInvoiceParty(
            address=company.einvoice_address or _ovt(company.business_id),
            operator=company.einvoice_operator or self.operator,
            business_id=company.business_id,
            street=company.street,
            postcode=company.postcode,
            city=company.city,
            country=company.country,
        )
        buyer = EInvoiceParty(
            address=customer.einvoice_address,
            operator=customer.einvoice_operator,
            business_id=customer.business_id,
            street=customer.street,
            postcode=customer.postcode,
            city=customer.city,
            country=customer.country,
        )
        # Short enough for an invoice's number: "R1-17" is the first letter about invoice 17.
        number = f"{notice.kind[0].upper()}{notice.round}-{notice.invoice_id}"
        slip = Slip(
            name=notice.message_id,
            kind=notice.kind,
            company=company.business_id,
            invoice=desk.invoice.number,
            address=buyer.address,
            operator=buyer.operator,
        )
        document = reminder_document(content, number, seller, buyer)
        self.einvoices.put(slip, ".xml", document, notice.letter_date, again=again)


def _ovt(business_id: str) -> str:
    """The OVT code (ISO 6523, 0037) that a Finnish company has by its business id."""
    return f"0037{business_id.replace('-', '')}"
