"""The page of one invoice."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from domain.case import Hold
from domain.ledger import EntryKind
from domain.roles import Action
from starter.api.v1.fields import PathId
from starter.web import temporal
from starter.web.agency_sayings import message_error
from starter.web.entry import in_company
from starter.web.page import Page
from starter.web.pages.automation.frame import names as names_of
from starter.web.pages.invoice import asked, story, whys
from starter.web.pages.invoice.known import PATH, Known, know, may
from starter.web.pages.invoice.letters import readable
from starter.web.sayings import Said
from store import approvals, invoice_list
from store.tables import AgencyMessage, LedgerEntry, Notice, PaymentVerdict
from workflows.contract import workflow_id

router = APIRouter(prefix=PATH)

DRAFT = "draft"

_LOWERS = {
    *(EntryKind.PAYMENT, EntryKind.CREDIT, EntryKind.INTEREST_WAIVED),
    *(EntryKind.FEE_WAIVED, EntryKind.WRITE_OFF),
}


@dataclass(frozen=True, slots=True)
class Posting:
    """A line of the ledger. `signed`: as it changes what the debtor owes. `whose`: what the payment
    counts as; "" if no agency had the invoice. `bank`: the bank's transaction; None: by hand."""

    row: LedgerEntry
    what: str
    signed: int
    whose: str
    tickable: bool
    bank: int | None


@dataclass(frozen=True, slots=True)
class Paper:
    """A letter in the list. `readable`: there is a PDF of it."""

    row: Notice
    status: str
    colour: str
    readable: bool


@dataclass(frozen=True, slots=True)
class Message:
    """A message to an agency, or from it: `way` says which."""

    row: AgencyMessage
    way: str
    what: str
    says: str
    status: str
    colour: str
    wrong: Said
    resendable: bool


@router.get("")
def show_invoice(
    page: Annotated[Page, in_company(Action.READ_INVOICES)], invoice_id: PathId, letter: str = ""
) -> Response:
    """Where it is, what is done about it, its life, its money, its letters, its agency."""
    with page.transaction() as session:
        known = know(page, session, invoice_id)
        dossier = known.dossier
        actors = {
            *(row.actor for row in dossier.events),
            *(row.decided_by for row in dossier.verdicts),
            *(hold.author for hold in known.case.holds),
        }
        names = names_of(page, session, actors)
        shares = invoice_list.shares(session, invoice_id)
        waits = approvals.to_do_of(session, page.scope, ids=[invoice_id])
    row, case, today = known.row, known.case, page.today()
    coming = story.future(page, known)
    papers = [_paper(page, one) for one in reversed(dossier.notices)]
    writes = case.proposed is not None or any(one.by for one in coming)
    offered = list(asked.offered(page, known))
    approves = {asked.HAND_OVER if one.letter is None else asked.APPROVE for one in waits}
    approving = next((one for one in offered if one in approves), None)
    return page.render(
        "invoice/show.html",
        part="papers",
        frames=True,
        known=known,
        row=row,
        case=case,
        customer=dossier.customer,
        rule=known.rule,
        balance=known.money.balance,
        paid=known.money.paid_cents,
        service=sum(charge.amount_cents for charge in dossier.charges),
        late=max((today - row.due).days, 0),
        holds=[
            (hold, names.get(hold.author, hold.author), whys.say_noted(page.words, hold.reason))
            for hold in _active(known, page)
        ],
        attention=whys.say(page.words, case.attention or ""),
        past=list(reversed(story.past(page, known, names))),
        coming=coming,
        postings=_postings(page, known),
        shares=shares,
        papers=papers,
        shown=_shown(page, letter, papers, writes=writes),
        writes=writes and page.may(Action.READ_LETTERS),
        messages=[_message(page, known, one) for one in reversed(dossier.messages)],
        actions=[one for one in offered if one not in {approving, asked.APPROVE}],
        approving=approving,
        hand_over=asked.HAND_OVER,
        waits=waits,
        refuses=may(page, Action.APPROVE_LETTERS, row),
        books=may(page, Action.BOOK_PAYMENTS, row),
        credits=may(page, Action.CREDIT, row),
        tells=may(page, Action.TELL_AGENCY, row),
        workflow=temporal.invoice_url(page, row.number),
        workflow_id=workflow_id(page.here.business_id, row.number),
    )


def _active(known: Known, page: Page) -> tuple[Hold, ...]:
    return () if known.case.closed else known.case.active_holds(page.today())


def _postings(page: Page, known: Known) -> list[Posting]:
    newest: dict[str, PaymentVerdict] = {}
    for verdict in known.dossier.verdicts:
        newest[verdict.entry_key] = verdict
    found = []
    for row in known.dossier.entries:
        kind = EntryKind(row.kind)
        judged = newest.get(row.key)
        bank = next(
            (one.id for one in known.dossier.payments if row.key.startswith(f"bank/{one.key}/")),
            None,
        )
        found.append(
            Posting(
                row=row,
                what=page.say(story.ENTRIES[kind]),
                signed=-row.amount_cents if kind in _LOWERS else row.amount_cents,
                whose=story.whose(page.words, judged) if judged else "",
                tickable=judged is not None and kind is EntryKind.PAYMENT,
                bank=bank,
            )
        )
    return found


def _paper(page: Page, row: Notice) -> Paper:
    label, colour = story.LETTER_STATUSES.get(row.status, (row.status, "calm"))
    return Paper(row, page.say(label), colour, readable(row) and page.may(Action.READ_LETTERS))


def _shown(page: Page, wanted: str, papers: list[Paper], *, writes: bool) -> str:
    """The address of the letter that is shown beside it; "" if there is none."""
    at = page.request.url.path
    if wanted == DRAFT and writes and page.may(Action.READ_LETTERS):
        return f"{at}/draft"
    open_ = [one.row.id for one in papers if one.readable]
    chosen = next((one for one in open_ if str(one) == wanted), None)
    chosen = chosen if chosen is not None else next(iter(open_), None)
    return "" if chosen is None else f"{at}/letters/{chosen}"


def _message(page: Page, known: Known, row: AgencyMessage) -> Message:
    words = story.of_its_agency(page.words, known, row)
    label, colour = story.MESSAGE_STATUSES.get(row.status, (row.status, "calm"))
    return Message(
        row=row,
        way=story.message_way(words, row),
        what=story.message_kind(words, row),
        says=story.message_says(words, row),
        status=words.say(label),
        colour=colour,
        wrong=message_error(page.words, row.error),
        resendable=story.resendable(row),
    )
