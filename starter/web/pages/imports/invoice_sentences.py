"""What is wrong with records and with invoices: as it is kept, and as it is said."""

from __future__ import annotations

from starter.web.words import mark

INVOICES = (
    # Any file's.
    ("is missing; fill it in at the sender", mark("it is missing: fill it in at the sender")),
    ("is missing; ask the bank", mark("it is missing: ask the bank")),
    mark("%(value)s is not euros and at most two decimals, such as 1234,56"),
    (
        "is a billion euros or more; check the decimal separator",
        mark("it is a billion euros or more: check the decimal separator"),
    ),
    mark("%(value)s is not a number such as 12,5"),
    mark("%(value)s is not a rate from 0 to 100 per cent such as 11,5"),
    mark("%(value)s is not a date such as 2026-09-01 or 1.9.2026"),
    mark("%(value)s is not a date in the form CCYYMMDD"),
    mark("%(value)s is not a date such as 2026-01-05"),
    mark("%(words)s is not in the calendar"),
    mark("the year %(n)s is not between 1990 and 2100; correct it"),
    mark("a reference is digits (Finnish) or RF and check digits (ISO 11649); correct it"),
    mark("a Finnish reference has 4 to 20 digits, this one %(n)s; correct it"),
    mark("the reference's check digit is %(n)s, it should be %(n2)s; look for a mistyped digit"),
    (
        "the RF reference fails its check (ISO 11649: RF, two check digits, 1 to 21"
        " characters); look for a mistyped character",
        mark("the RF reference fails its check (ISO 11649): look for a mistyped character"),
    ),
    mark("a Finnish business id (Y-tunnus) reads 1234567-1; correct it"),
    mark("an OVT code begins with 0037 and the business id; correct it"),
    mark(
        "the business id (Y-tunnus) fails its check digit; look for a mistyped digit",
    ),
    mark("the account number (IBAN) fails its check; look for a mistyped character"),
    mark("a Finnish account number in machine form has 14 digits"),
    (
        "is not one e-mail address such as maija@malli.example; correct it",
        mark("it is not one e-mail address such as maija@malli.example: correct it"),
    ),
    (
        "is not a two-letter country code (ISO 3166-1) such as FI",
        mark("it is not a two-letter country code (ISO 3166-1) such as FI"),
    ),
    mark("%(value)s is not a two-letter country code such as FI"),
    (
        "has a NUL character in its text, which no database keeps: take it out",
        mark("it has a NUL character in its text: take it out"),
    ),
    # Invoices.
    ("is before invoice_date; correct one of them", mark("it is before the invoice's date")),
    ("is before the invoice's date; correct one", mark("it is before the invoice's date")),
    (
        "the due date is before the invoice date; correct one",
        mark("it is before the invoice's date"),
    ),
    mark("%(value)s is no number of days"),
    ("is zero", mark("it is zero")),
    (
        "is negative; a credit note has credit_note as its type",
        mark("it is negative: a credit note has credit_note as its type"),
    ),
    (
        "is negative; a credit note carries InvoiceTypeCode INV02",
        mark("it is negative: a credit note carries InvoiceTypeCode INV02"),
    ),
    ("asks for nothing", mark("it asks for nothing")),
    ("credits nothing", mark("it credits nothing")),
    (
        "asks for more than InvoiceTotalVatIncludedAmount; earlier invoices in the sum are to"
        " be sent as invoices of their own",
        mark(
            "it asks for more than InvoiceTotalVatIncludedAmount: send earlier invoices in the"
            " sum as invoices of their own"
        ),
    ),
    mark("%(value)s is neither invoice nor credit_note; it was left out"),
    (
        "%(value)s is %(words)s, not a sales invoice (INV01) or credit note (INV02); it was left"
        " out",
        mark("%(value)s is not a sales invoice (INV01) or credit note (INV02); it was left out"),
    ),
    mark("%(value)s is not an invoice; it was left out"),
    mark("%(value)s is not EUR; only invoices in EUR are handled"),
    mark("the currency is %(value)s; only invoices in EUR are handled"),
    mark("%(value)s is neither yes (1) nor no (0)"),
    mark("the receivable is sold to a finance company, which does the reminding"),
    mark("the invoice is payable in instalments; send an invoice for each instalment"),
    mark("the invoice is paid already"),
    (
        "is missing for an address abroad",
        mark("it is missing, and the address is abroad"),
    ),
    (
        "is missing: Netvisor does not say to which account an invoice is paid; hand the file in"
        " with the company's",
        mark(
            "it is missing: Netvisor does not say to which account an invoice is paid; whoever"
            " runs Karhu hands the file in with the company's"
        ),
    ),
    ("the invoice is paid already; it was left out", mark("the invoice is paid already")),
    (
        "the invoice is written off (luottotappio); it was left out",
        mark("the invoice is written off"),
    ),
    ("the invoice is rejected; it was left out", mark("the invoice is rejected")),
    ("the invoice is archived; it was left out", mark("the invoice is archived")),
    (
        "the collection agency has the invoice already; it was left out",
        mark("the collection agency has the invoice already"),
    ),
    ("this is an order; it was left out", mark("this is an order")),
    (
        "sum to a billion euros or more; check the decimals",
        mark("they sum to a billion euros or more: check the decimals"),
    ),
    (
        "have a row of a billion euros or more; check the decimals",
        mark("they have a row of a billion euros or more: check the decimals"),
    ),
    (
        "is Netvisor's list of invoices, which lacks their customers; fetch the invoices"
        " themselves (getsalesinvoice.nv)",
        mark(
            "it is Netvisor's list of invoices, which lacks their customers: fetch the invoices"
            " themselves (getsalesinvoice.nv)"
        ),
    ),
    (
        "is Netvisor's list of customers, which lacks their addresses; fetch the customers"
        " themselves (getcustomer.nv)",
        mark(
            "it is Netvisor's list of customers, which lacks their addresses: fetch the"
            " customers themselves (getcustomer.nv)"
        ),
    ),
    (
        "names a credit note by Netvisor's own key; fetch the credit note with replyoption=16,"
        " which gives the number of the credited invoice",
        mark(
            "it names a credit note by Netvisor's own key: fetch the credit note with"
            " replyoption=16, which gives the number of the credited invoice"
        ),
    ),
    (
        "is neither a Finvoice document nor a Netvisor salesinvoice; it was left out",
        mark("it is neither a Finvoice document nor a Netvisor salesinvoice"),
    ),
    mark("a credit note has to name the invoice it credits"),
    (
        "it credits invoice %(words)s, which is not here: import that first, then retry import"
        " %(n)s",
        mark(
            "it credits invoice %(words)s, which is not here: import that first, then try it again"
        ),
    ),
    (
        "invoice %(words)s is registered already and differs in %(words2)s; an invoice is not"
        " changed: credit it, and send a new one under a new number",
        mark(
            "invoice %(words)s is there already and says something else: credit it, and send a"
            " new one under a new number"
        ),
    ),
    mark("the file is %(words)s's, and the seller is another company"),
    mark("the file is %(words)s's, and the creditor is another company"),
    mark(
        "its account is not known as %(words)s's alone: it becomes so with the first invoice"
        " that is to be paid to it"
    ),
    # CSV.
    (
        "has no line of column names; see docs/import-csv.md",
        mark("it has no line of column names"),
    ),
    (
        "lacks the column %(words)s; the first line must name them, or --map what they are"
        " called there (docs/import-csv.md)",
        mark("it lacks the column %(words)s: the first line must name it, or say its own name"),
    ),
    (
        "lacks the columns %(words)s; the first line must name them, or --map what they are"
        " called there (docs/import-csv.md)",
        mark(
            "it lacks the columns %(words)s: the first line must name them, or say their own names"
        ),
    ),
    ("has two columns named %(words)s; remove one", mark("it has two columns %(words)s")),
    (
        "has no column %(words)s, which --map names; write it as in the first line",
        mark("it has no column %(words)s: write it as in the first line"),
    ),
    (
        "has a quote that does not close on its line, or text after one; correct it",
        mark("it has a quote that does not close on its line, or text after one"),
    ),
    (
        "is longer than %(n)s characters; shorten it",
        mark("it is longer than %(n)s characters: shorten it"),
    ),
    (
        "has %(n)s fields, the header has %(n2)s; put quotes around a field that holds the"
        " delimiter",
        mark(
            "it has %(n)s fields, the first line %(n2)s: put quotes around a field that holds"
            " the delimiter"
        ),
    ),
)
