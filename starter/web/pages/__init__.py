"""The pages, each a module with a `router`. Whoever adds one names it here."""

from starter.web.pages import (
    automation,
    companies,
    customers,
    firm,
    imports,
    intrum,
    invoice,
    mass_actions,
    open_invoices,
    payments,
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
    invoice,
    mass_actions,
    imports,
    intrum,
    payments,
    users,
    tokens,
    statement,
    firm,
    settings,
)
