"""Invoices that the procedure cannot tell apart, counted by PostgreSQL (`domain.what_if`)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text
from sqlmodel import Session

from domain.case import Case
from domain.states import FINAL_STATES, Channel
from domain.what_if import Shape

# Everything of the case that `next_step` reads, amounts only as far as a limit lies between them.
# The serial number of a letter or of the agency's file decides nothing.
SHAPE = """
    md5(jsonb_build_array(
        c->'debtor', c->'state', c->'due', c->'invoice_sent_on', c->'holds', c->'paid_on',
        c->'approved', c->'proposed', c->'attention', c->'awaits_rate', c->'awaits_feed',
        c->'awaits_agency', c->'awaits_agency_until',
        c->'agency'->'open', c->'rounds', c->'courtesy'->'on', c->'courtesy'->'sent',
        jsonb_path_query_array(c, '$.letters[*].kind'),
        jsonb_path_query_array(c, '$.letters[*].on'),
        jsonb_path_query_array(c, '$.letters[*].due'),
        jsonb_path_query_array(c, '$.letters[*].fee_cents'),
        jsonb_path_query_array(c, '$.letters[*].sent'),
        jsonb_path_query_array(c, '$.letters[*].channel'),
        (c->>'principal_cents')::bigint <= 0,
        width_bucket((c->>'principal_cents')::bigint, CAST(:minimums AS bigint[])),
        width_bucket((c->>'original_cents')::bigint, CAST(:brackets AS bigint[]))
    )::text)
"""

PAPER = """customer.street <> '' AND customer.city <> ''
            AND (customer.postcode <> '' OR customer.country <> 'FI')"""
"""Whether a letter reaches the customer by post, as `activities.reach` has it."""

_SHAPES = text(
    f"""
    WITH considered AS (
        SELECT invoice.id, invoice.case_json AS c, invoice.rule_version_id, customer.channels,
            customer.einvoice_address <> '' AND customer.einvoice_operator <> '' AS einvoice,
            customer.email <> '' AS email,
            {PAPER} AS paper
        FROM invoice JOIN customer ON customer.id = invoice.customer_id
        WHERE invoice.company_id = :company AND invoice.state <> ALL(:ended)
          AND (CAST(:customers AS bigint[]) IS NULL OR customer.id = ANY(:customers))
          AND (CAST(:rule AS bigint) IS NULL OR invoice.rule_version_id IN
               (SELECT id FROM rule_version WHERE rule_id = :rule))
    )
    SELECT min(id) AS one, count(*) AS invoices, rule_version_id,
        sum((c->>'open_cents')::bigint) AS cents,
        channels, einvoice, email, paper,
        {SHAPE} AS shape
    FROM considered
    GROUP BY rule_version_id, channels, einvoice, email, paper, shape
    """  # noqa: S608 - constants of this file
)


def shapes(
    session: Session,
    company_id: int,
    *,
    minimums: Sequence[int],
    brackets: Sequence[int],
    customers: Sequence[int] | None = None,
    rule_id: int | None = None,
) -> list[Shape]:
    """The shapes of a company's invoices that have not ended; of some customers, or of those that
    run under one rule, alone.

    `minimums`: those of the rules in question; `brackets`: where the law's begin
    (`Law.principal_limits_cents`); both in cents. Amounts on the same side of all are alike.
    """
    rows = session.execute(
        _SHAPES,
        {
            "company": company_id,
            "ended": [state.value for state in FINAL_STATES],
            "customers": None if customers is None else list(customers),
            "rule": rule_id,
            "minimums": sorted({0, *minimums}),
            "brackets": sorted({0, *brackets}),
        },
    ).all()
    alike = {row.shape: row.one for row in rows}
    cases = _cases(session, sorted(set(alike.values())))
    return [
        Shape(
            case=cases[alike[row.shape]],
            invoices=row.invoices,
            open_cents=int(row.cents),
            rule_version_id=row.rule_version_id,
            reached_by=frozenset(
                channel
                for channel, reached in (
                    (Channel.EINVOICE, row.einvoice),
                    (Channel.EMAIL, row.email),
                    (Channel.PAPER, row.paper),
                )
                if reached
            ),
            own_order=None
            if row.channels is None
            else tuple(Channel(name) for name in row.channels),
        )
        for row in rows
    ]


def _cases(session: Session, ids: Sequence[int]) -> dict[int, Case]:
    rows = session.execute(
        text("SELECT id, case_json FROM invoice WHERE id = ANY(:ids)"), {"ids": list(ids)}
    )
    return {row.id: Case.model_validate(row.case_json) for row in rows}
