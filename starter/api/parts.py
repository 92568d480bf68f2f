"""What the API is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client

from domain.clock import Clock
from domain.interest import DayCount
from integrations.agency import Agencies
from integrations.bounces import BounceMailbox
from starter.imports import Imports
from store.database import Database
from store.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a running API."""

    client: Client
    database: Database
    clock: Clock
    agencies: Agencies
    real_now: Callable[[], datetime]
    bounces: BounceMailbox | None = None
    imports: Imports | None = None
    """None: there is no key to seal files with."""
    sealer: Sealer | None = None
    """None: there is no key to seal secrets with."""
    webhooks_private: bool = False
    """Webhooks may go to addresses that are not public, and over http."""
    public_url: str | None = None
    temporal_ui: str | None = None
    """Where people find Temporal's Web UI."""
    day_count: DayCount = 365

    home_firm: str | None = None
    """The accounting firm of companies that no other one has."""

    def business_now(self) -> datetime:
        """Business time."""
        return self.clock.now(self.real_now())

    def database_answers(self) -> bool:
        """Whether the database does."""
        try:
            with self.database.transaction() as session:
                session.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        return True
