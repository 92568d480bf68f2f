"""The search attributes of an invoice's workflow: the one list that everything else reads.

Ids and states only, no personal data: they are stored in clear and shown in lists.
"""

from __future__ import annotations

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from domain.case import Case
from workflows.contract import Planned

COMPANY = SearchAttributeKey.for_keyword("KarhuCompany")
STATE = SearchAttributeKey.for_keyword("KarhuState")
COLLECTION_STATUS = SearchAttributeKey.for_keyword("KarhuCollectionStatus")
RULE = SearchAttributeKey.for_keyword("KarhuRule")
NEXT_STEP = SearchAttributeKey.for_keyword("KarhuNextStep")
NEXT_STEP_AT = SearchAttributeKey.for_datetime("KarhuNextStepAt")
ATTENTION = SearchAttributeKey.for_bool("KarhuAttention")

KEYS = (COMPANY, STATE, COLLECTION_STATUS, RULE, NEXT_STEP, NEXT_STEP_AT, ATTENTION)

ALL: list[tuple[str, str]] = [(key.name, key.indexed_value_type.name.title()) for key in KEYS]
"""Name and type of each, as the server registers them."""


def of(case: Case, planned: Planned, rule: str) -> TypedSearchAttributes:
    """The attributes of a case."""
    status = case.agency.status.value if case.agency and case.agency.status else ""
    pairs: list[SearchAttributePair] = [  # type: ignore[type-arg]
        SearchAttributePair(COMPANY, case.company),
        SearchAttributePair(STATE, case.state.value),
        SearchAttributePair(RULE, rule),
        SearchAttributePair(NEXT_STEP, planned.step.kind.value),
        SearchAttributePair(ATTENTION, case.attention is not None),
    ]
    if status:
        pairs.append(SearchAttributePair(COLLECTION_STATUS, status))
    if planned.step.when is not None:
        pairs.append(SearchAttributePair(NEXT_STEP_AT, planned.step.when))
    return TypedSearchAttributes(pairs)


def unversioned(rule: str) -> str:
    """What an invoice is found by: its rule's name without the version ("Yritykset v2"), so that a
    rule that is saved anew is not written to each of its invoices in Temporal's index."""
    return rule.rsplit(" v", 1)[0]
