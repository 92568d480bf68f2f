"""The sandbox's own database: one SQLite file in WAL mode, written by one thread.

The cases; every message taken (by idempotency key, with the answer it got) and the latest refused;
every message told (its sequence number is the row's); contracts; what was collected, and the
settlements that remitted it; faults that were switched at run time. Instants are ISO 8601 text in
UTC with six decimals, so that they sort as text; amounts are cents.
"""

import sqlite3
from pathlib import Path

_VERSION = 2
_SCHEMA = f"""
CREATE TABLE cases (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    reference TEXT NOT NULL,
    service TEXT NOT NULL,
    creditor TEXT NOT NULL,
    business_id TEXT NOT NULL,
    contract_number TEXT NOT NULL,
    invoice_number TEXT NOT NULL,
    debtor TEXT NOT NULL,
    debtor_key TEXT NOT NULL,
    path TEXT NOT NULL,
    step INTEGER NOT NULL,
    status TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    next_at TEXT,
    rest_seconds REAL,
    disputes INTEGER NOT NULL,
    merged_into INTEGER REFERENCES cases,
    assigned_principal_cents INTEGER NOT NULL,
    assigned_interest_cents INTEGER NOT NULL,
    assigned_fees_cents INTEGER NOT NULL,
    principal_cents INTEGER NOT NULL,
    interest_cents INTEGER NOT NULL,
    fees_cents INTEGER NOT NULL,
    credited_cents INTEGER NOT NULL,
    paid_directly_cents INTEGER NOT NULL,
    collected_cents INTEGER NOT NULL,
    settled_cents INTEGER NOT NULL
) STRICT;
CREATE INDEX cases_reference ON cases (reference, number);
CREATE INDEX cases_invoice ON cases (business_id, invoice_number, number);
CREATE INDEX cases_debtor ON cases (business_id, debtor_key);
CREATE INDEX cases_due ON cases (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX cases_merged ON cases (merged_into) WHERE merged_into IS NOT NULL;
CREATE TABLE documents (
    case_number INTEGER NOT NULL REFERENCES cases,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX documents_case ON documents (case_number);
CREATE TABLE taken (
    idempotency_key TEXT PRIMARY KEY,
    case_number INTEGER NOT NULL REFERENCES cases,
    kind TEXT NOT NULL,
    identifier TEXT,
    digest TEXT NOT NULL,
    status TEXT NOT NULL,
    taken_at TEXT NOT NULL
) STRICT;
CREATE INDEX taken_case ON taken (case_number, kind, identifier);
CREATE TABLE refused (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    what TEXT NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE TABLE told (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    stream TEXT NOT NULL,
    body TEXT NOT NULL,
    copies_left INTEGER NOT NULL,
    kept_back INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    spoiled TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    next_try_at TEXT NOT NULL
) STRICT;
CREATE INDEX told_stream ON told (stream, sequence);
CREATE INDEX told_waiting ON told (sequence) WHERE copies_left > 0;
CREATE TABLE contracts (
    business_id TEXT NOT NULL,
    number TEXT NOT NULL,
    services TEXT NOT NULL,
    in_force_from TEXT NOT NULL,
    iban TEXT NOT NULL,
    PRIMARY KEY (business_id, number)
) STRICT;
CREATE TABLE settlements (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    body TEXT NOT NULL,
    filed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE collected (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    case_number INTEGER NOT NULL REFERENCES cases,
    under_number INTEGER NOT NULL REFERENCES cases,
    principal_cents INTEGER NOT NULL,
    interest_cents INTEGER NOT NULL,
    fees_cents INTEGER NOT NULL,
    paid_on TEXT NOT NULL,
    settlement_number INTEGER REFERENCES settlements
) STRICT;
CREATE INDEX collected_open ON collected (number) WHERE settlement_number IS NULL;
CREATE TABLE faults (
    name TEXT PRIMARY KEY,
    value REAL NOT NULL,
    until TEXT
) STRICT;
CREATE TABLE notes (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
PRAGMA user_version = {_VERSION};
"""


def open_database(file: Path) -> sqlite3.Connection:
    """A connection to the file, which is made, with its folder, if need be.

    Raises RuntimeError for a file of another version.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(file, isolation_level=None)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA journal_mode = WAL")
    # An answer given is a promise: it is on the disk before it leaves.
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA busy_timeout = 5000")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
    elif version != _VERSION:
        db.close()
        raise RuntimeError(
            f"{file} is a sandbox database of version {version}, not {_VERSION}; "
            "move it away to start afresh"
        )
    return db
