"""The pages, each a module with a `router`. Whoever adds one names it here."""

from starter.web.pages import (
    automation,
    companies,
    customers,
    firm,
    mass_actions,
    open_invoices,
    settings,
    signing_in,
    statement,
    today,
    tokens,
    users,
)

MODULES = (
    automation,
    signing_in,
    companies,
    today,
    customers,
    open_invoices,
    mass_actions,
    users,
    tokens,
    statement,
    firm,
    settings,
)
