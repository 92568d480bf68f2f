"""The sandbox's own database: one SQLite file in WAL mode, written by one thread.

Three tables: the cases, every message taken (by idempotency key, with the answer it got), and every
status message told (its sequence number is the row's). Instants are ISO 8601 text in UTC with six
decimals, so that they sort as text; amounts are cents.
"""

import sqlite3
from pathlib import Path

_VERSION = 1
_SCHEMA = f"""
CREATE TABLE cases (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    reference TEXT NOT NULL,
    service TEXT NOT NULL,
    creditor TEXT NOT NULL,
    path TEXT NOT NULL,
    step INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    next_at TEXT,
    principal_cents INTEGER NOT NULL,
    interest_cents INTEGER NOT NULL,
    fees_cents INTEGER NOT NULL,
    paid_directly_cents INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX cases_reference ON cases (reference, number);
CREATE INDEX cases_due ON cases (next_at) WHERE next_at IS NOT NULL;
CREATE TABLE taken (
    idempotency_key TEXT PRIMARY KEY,
    case_number INTEGER NOT NULL REFERENCES cases,
    kind TEXT NOT NULL,
    identifier TEXT,
    body TEXT NOT NULL,
    status TEXT NOT NULL,
    taken_at TEXT NOT NULL
) STRICT;
CREATE INDEX taken_case ON taken (case_number, kind, identifier);
CREATE TABLE told (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    case_number INTEGER NOT NULL REFERENCES cases,
    status TEXT NOT NULL,
    occurred_at TEXT NOT NULL,
    principal_cents INTEGER NOT NULL,
    collected_principal_cents INTEGER,
    collected_interest_cents INTEGER,
    collected_fees_cents INTEGER,
    copies_left INTEGER NOT NULL,
    kept_back INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    next_try_at TEXT NOT NULL
) STRICT;
CREATE INDEX told_case ON told (case_number, sequence);
CREATE INDEX told_waiting ON told (sequence) WHERE copies_left > 0;
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
