"""What is wrong with XML and with the bank's files: as it is kept, and as it is said."""

from __future__ import annotations

from starter.web.words import mark

FILES = (
    # XML.
    (
        "is not well-formed XML near line %(n)s, or not in the encoding that it declares; export"
        " the invoice again",
        mark(
            "it is not well-formed XML near line %(n)s, or not in the encoding that it"
            " declares: export it again"
        ),
    ),
    (
        "is not in the encoding that it declares; export the invoice again",
        mark("it is not in the encoding that it declares: export it again"),
    ),
    (
        "declares the encoding %(value)s, which is not known or not the one that it is in;"
        " export it in UTF-8",
        mark("it declares the encoding %(value)s and is in another one: export it in UTF-8"),
    ),
    (
        "holds the entity &%(words)s; near line %(n)s, which XML does not have; write the"
        " character itself",
        mark("it holds the entity &%(words)s; near line %(n)s: write the character itself"),
    ),
    (
        "has more than %(n)s MiB without an end of what it began; ask the bank for the file again",
        mark("it has more than %(n)s MiB in one piece: ask the bank for the file again"),
    ),
    (
        "is not allowed; ask for the file without it",
        mark("it is not allowed: ask for the file without it"),
    ),
    ("is where none can be; export without it", mark("it is where none can be")),
    (
        "breaks off or is not well-formed XML near line %(n)s; what stands before is read, what"
        " stands after is not: ask the bank for the file again",
        mark(
            "it breaks off or is not well-formed XML near line %(n)s; what stands before it was"
            " read: ask the bank for the file again"
        ),
    ),
    # The bank's.
    (
        "is not a file of reference payments (KTL, records of 90 characters), nor a camt.053 or"
        " camt.054; fetch one of these from the bank",
        mark(
            "it is not a file of reference payments (KTL), nor a camt.053 or camt.054: fetch one"
            " of these from the bank"
        ),
    ),
    (
        "states %(words)s as %(words2)s, the batch from line %(n)s on holds %(words3)s; fetch"
        " the file from the bank again and look for lines that could not be read",
        mark(
            "it states %(words)s, and the batch from line %(n)s on holds %(words3)s: fetch the"
            " file from the bank again and look for lines that could not be read"
        ),
    ),
    (
        "is missing at the end of this batch: the file may be cut short; fetch it from the bank"
        " again",
        mark("it is missing: the file may be cut short; fetch it from the bank again"),
    ),
    mark("columns %(words)s are not all digits; fetch the file again"),
    mark("columns %(words)s are not a date YYMMDD; ask the bank"),
    (
        "has %(n)s characters, a record has %(n2)s; fetch the file again",
        mark("it has %(n)s characters, a record has %(n2)s: fetch the file again"),
    ),
    (
        "is a record of type %(value)s, %(words)s, not a reference payment (3) or direct debit"
        " (5); book it by hand if it brought money",
        mark(
            "it is a record of type %(value)s, not a reference payment (3) or direct debit (5):"
            " book it by hand if it brought money"
        ),
    ),
    mark("column 88 is neither 0 nor 1; ask the bank"),
    mark("column 76 is not 1 (EUR); book it by hand"),
    ("is zero; there is nothing to book", mark("it is zero: there is nothing to book")),
    ("columns 2-15: %(why)s; ask the bank", mark("columns 2-15: %(why)s; ask the bank")),
    mark("%(value)s is neither CRDT nor DBIT"),
    (
        "the statement names no account by IBAN, so nobody can say where the money came to; ask"
        " the bank",
        mark("it names no account by IBAN: ask the bank"),
    ),
    ("names no account; ask the bank", mark("it names no account: ask the bank")),
    (
        "is no international account number (IBAN); ask the bank",
        mark("it is no international account number (IBAN): ask the bank"),
    ),
    (
        "is negative; the direction is CdtDbtInd's to say: ask the bank",
        mark("it is negative: ask the bank"),
    ),
    (
        "the currency is %(value)s, not EUR; book it by hand",
        mark("the currency is %(value)s, not EUR: book it by hand"),
    ),
    mark("%(value)s is not a time such as 2026-09-16T06:00:00; ask the bank"),
    (
        "holds no account statement (camt.053) or notification of entries (camt.054); fetch one"
        " of these from the bank",
        mark("it holds no camt.053 or camt.054: fetch one of these from the bank"),
    ),
    (
        "stands outside %(words)s, so nobody can say whose it is; ask the bank",
        mark("it stands outside of what it belongs to: ask the bank"),
    ),
    (
        "is no ISO 20022 message by its namespace; fetch camt.053 or camt.054 from the bank",
        mark("it is no ISO 20022 message: fetch camt.053 or camt.054 from the bank"),
    ),
    (
        "is the message %(words)s; payments are read from camt.053 and camt.054: fetch one of"
        " these from the bank",
        mark(
            "it is the message %(words)s; payments are read from camt.053 and camt.054: fetch"
            " one of these from the bank"
        ),
    ),
    (
        "is version %(n)s of %(words)s; versions 02 to 08 are read: order one of these from the"
        " bank",
        mark("it is version %(n)s of %(words)s; versions 02 to 08 are read: order one of these"),
    ),
    (
        "states %(n)s transactions, the entry holds %(n2)s; ask the bank for the file again",
        mark("it states %(n)s transactions, and holds %(n2)s: ask the bank for the file again"),
    ),
    (
        "states %(euros)s, the entry's transactions make %(number)s; ask the bank for the file"
        " again",
        mark(
            "it states %(euros)s, and its transactions make %(number)s: ask the bank for the"
            " file again"
        ),
    ),
    (
        "the entry sums %(words)s payments without saying which; they are in the bank's file of"
        " incoming payments (camt.054 or KTL): hand that in, nothing is booked from here",
        mark(
            "it sums several payments without saying which: they are in the bank's file of"
            " incoming payments (camt.054 or KTL); hand that in"
        ),
    ),
    (
        "is a payment of the company's own that came back, not a customer's payment; book it by"
        " hand",
        mark("it is a payment of the company's own that came back: book it by hand"),
    ),
    (
        "%(value)s: the bank has not booked it; it comes again in a later file, when it is booked",
        mark("the bank has not booked it yet: it comes again in a later file"),
    ),
    mark("failed (code %(words)s)"),
    mark("the bank's word as of %(made)s"),
)
