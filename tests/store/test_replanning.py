"""Running invoices moved in batches, and customers moved many at once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import pytest
from sqlmodel import Session, col, select, update

from domain.law import DebtorClass
from domain.rule import CONSUMERS, LetterTerms
from domain.states import InvoiceState
from store import placing, replanning, rules
from store.placing import Choice
from store.replanning import Batch
from store.tables import Company, Customer, Invoice, Replanning
from tests.books import MONDAY
from tests.starter.office import new_business_id
from tests.store.bank import Bank

SLOWER = CONSUMERS.model_copy(update={"reminder": LetterTerms(after_days=20, fee_cents=500)})
VIP = SLOWER.model_copy(update={"name": "VIP"})
_versions = count(21)


@dataclass
class Creditor:
    """A company of its own, with invoices of customers under the consumers' rule."""

    bank: Bank
    business_id: str
    invoices: list[Invoice]

    @property
    def company_id(self) -> int:
        return self.invoices[0].company_id

    def save(self, session: Session, terms: object = SLOWER) -> int:
        """Another version of the consumers' rule, or of the given one; its row."""
        assert isinstance(terms, type(SLOWER))
        letter = LetterTerms(after_days=next(_versions), fee_cents=500)
        changed = terms.model_copy(update={"reminder": letter})
        return rules.save_rule(session, self.company_id, changed, MONDAY, "test").id

    def ask(self, kind: str, rule: str = "Consumers") -> int:
        """A replanning of all, or of those under a rule; its row."""
        with self.bank.database.transaction() as session:
            saved = rules.newest_of_company(session, self.company_id)
            rule_id = next(one.rule_id for one in saved if one.terms.name == rule)
            row = replanning.ask(
                session, self.company_id, kind, by="Pia", now=MONDAY, rule_id=rule_id
            )
            return row.id

    def batch(self, replanning_id: int, size: int = 2) -> Batch:
        with self.bank.database.transaction() as session:
            return replanning.move_batch(session, replanning_id, size, MONDAY)

    def to_the_end(self, replanning_id: int) -> list[list[int]]:
        moved = []
        while (batch := self.batch(replanning_id)).ids:
            moved.append(batch.ids)
        assert batch.replanning.status == replanning.DONE
        return moved

    def versions(self) -> list[int | None]:
        return [row.rule_version_id for row in self.rows()]

    def told(self) -> list[int]:
        return [row.id for row in self.rows() if row.signal_pending]

    def rows(self) -> list[Invoice]:
        return [self.bank.invoice(one.id) for one in self.invoices]

    def place(self, choice: Choice, rule_id: int | None, moved_in: int | None) -> list[int]:
        with self.bank.database.transaction() as session:
            ids = placing.chosen_ids(session, self.company_id, choice)
            placing.put(session, ids, rule_id, by="Pia", moved_in=moved_in)
            return ids


@pytest.fixture
def creditor(bank: Bank) -> Creditor:
    business_id = new_business_id()
    some = [bank.register(now=MONDAY, business_id=business_id) for _ in range(5)]
    with bank.database.transaction() as session:
        # Their workflows have begun.
        session.execute(
            update(Invoice)
            .where(col(Invoice.company_id) == some[0].company_id)
            .values(start_pending=False)
        )
    return Creditor(bank, business_id, some)


def test_all_under_a_rule_come_under_its_newest_version_batch_by_batch(creditor: Creditor) -> None:
    with creditor.bank.database.transaction() as session:
        newest = creditor.save(session)
    moved = creditor.to_the_end(creditor.ask(replanning.RULE))
    ids = [one.id for one in creditor.invoices]
    assert moved == [ids[:2], ids[2:4], ids[4:]]
    assert creditor.versions() == [newest] * 5
    assert creditor.told() == ids
    # Asked once more, all are there already.
    assert creditor.to_the_end(creditor.ask(replanning.RULE)) == []


def test_what_has_ended_keeps_its_rule(creditor: Creditor) -> None:
    first, *others = creditor.invoices
    with creditor.bank.database.transaction() as session:
        session.get_one(Invoice, first.id).state = InvoiceState.PAID.value
        newest = creditor.save(session)
    creditor.to_the_end(creditor.ask(replanning.RULE))
    assert creditor.versions() == [first.rule_version_id, *[newest] * len(others)]


def test_cancelled_between_two_batches_the_others_are_as_before(creditor: Creditor) -> None:
    with creditor.bank.database.transaction() as session:
        newest = creditor.save(session)
    asked = creditor.ask(replanning.RULE)
    first = creditor.batch(asked)
    with creditor.bank.database.transaction() as session:
        assert replanning.cancel(session, asked)
    assert creditor.batch(asked).ids == []
    assert creditor.told() == first.ids
    old = creditor.invoices[0].rule_version_id
    assert creditor.versions() == [newest] * 2 + [old] * 3
    with creditor.bank.database.transaction() as session:
        row = session.get_one(Replanning, asked)
        assert (row.status, row.told, row.total) == (replanning.CANCELLED, 2, 5)
        assert not replanning.cancel(session, asked)


def test_a_batch_that_is_undone_is_moved_again(creditor: Creditor) -> None:
    with creditor.bank.database.transaction() as session:
        creditor.save(session)
    asked = creditor.ask(replanning.RULE)

    def killed() -> None:
        with creditor.bank.database.transaction() as session:
            assert replanning.move_batch(session, asked, 2, MONDAY).ids
            raise ConnectionError

    with pytest.raises(ConnectionError):
        killed()
    assert creditor.told() == []
    assert sum(map(len, creditor.to_the_end(asked))) == 5


def test_of_the_automation_all_are_told_under_the_rule_that_they_have(creditor: Creditor) -> None:
    before = creditor.versions()
    creditor.to_the_end(creditor.ask(replanning.AUTOMATION))
    assert len(creditor.told()) == 5
    assert creditor.versions() == before


def test_moved_customers_take_their_invoices_along_to_where_they_are_then(
    creditor: Creditor,
) -> None:
    with creditor.bank.database.transaction() as session:
        vip = creditor.save(session, VIP)
        vip_rule = next(
            one.rule_id
            for one in rules.newest_of_company(session, creditor.company_id)
            if one.terms.name == "VIP"
        )
        keys = session.execute(
            select(col(Customer.key))
            .where(col(Customer.company_id) == creditor.company_id)
            .order_by(col(Customer.id))
        ).scalars()
        first, second, third, *_ = keys
    asked = creditor.ask(replanning.CUSTOMERS)
    creditor.place(Choice(keys=(first, second)), vip_rule, asked)
    creditor.place(Choice(keys=(third,)), None, asked)
    # The second is moved away again before its turn, and is to keep what it has.
    creditor.place(Choice(keys=(second,)), None, None)
    creditor.to_the_end(asked)
    old = creditor.invoices[0].rule_version_id
    assert creditor.versions() == [vip, old, None, old, old]


def test_chosen_by_search_by_rule_by_list_and_all(creditor: Creditor) -> None:
    def chosen(choice: Choice) -> int:
        with creditor.bank.database.transaction() as session:
            return len(placing.listed(session, creditor.company_id, choice))

    assert chosen(Choice()) == 5
    assert chosen(Choice(search="malliasiakas")) == 5
    assert chosen(Choice(search="%")) == 0
    assert chosen(Choice(rule="Consumers")) == 5
    assert chosen(Choice(rule="Businesses")) == 0
    assert chosen(Choice(keys=())) == 0
    creditor.place(Choice(search="malli"), None, None)
    assert chosen(Choice(prevented=True)) == 5


def test_put_back_each_goes_where_its_details_say(creditor: Creditor) -> None:
    bank, (one, other, abroad, *_) = creditor.bank, creditor.invoices
    bank.change_customer(other, debtor_class=DebtorClass.BUSINESS.value)
    bank.change_customer(abroad, country="SE")
    ids = creditor.place(Choice(), None, None)
    with bank.database.transaction() as session:
        placing.put_back(session, creditor.company_id, ids, moved_in=None)
    with bank.database.transaction() as session:
        lines = placing.listed(session, creditor.company_id, Choice())
        shares = placing.shares(session, creditor.company_id)
    found = {line.customer_id: line.rule for line in lines}
    assert [found[row.customer_id] for row in (one, other, abroad)] == [
        "Consumers",
        "Businesses",
        None,
    ]
    assert {line.placed_by for line in lines} == {""}
    assert sum(share.customers for share in shares if share.rule_id is None) == 1


def test_another_companys_customers_are_not_moved(creditor: Creditor, bank: Bank) -> None:
    stranger = bank.register(now=MONDAY, business_id=new_business_id())
    creditor.place(Choice(), None, None)
    with bank.database.transaction() as session:
        assert session.get_one(Customer, stranger.customer_id).rule_id is not None
        assert session.get_one(Company, stranger.company_id).business_id != creditor.business_id
