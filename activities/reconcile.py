"""The activities that compare rows with workflows, and heal what is safe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from temporalio import activity
from temporalio.client import Client

from activities import healing
from activities.desk import House
from activities.survey import Patience, Survey
from store.database import Database
from workflows.reconcile_contract import COMPARE, HEAL, Look, Report


@dataclass(frozen=True)
class Reconcile:
    """Compares and heals, against one database and one Temporal."""

    client: Client
    database: Database
    house: House
    patience: Patience = field(default_factory=Patience)

    @property
    def activities(self) -> list[Callable[..., Any]]:
        return [self.compare, self.heal]

    @activity.defn(name=COMPARE)
    async def compare(self, look: Look) -> Report:
        """What is wrong, looked at twice."""
        return await self._survey().compare(look)

    @activity.defn(name=HEAL)
    async def heal(self, look: Look) -> Report:
        """Look anew, and heal what is still wrong."""
        return await healing.heal(self._survey(), look, self.client, self.database, self.house)

    def _survey(self) -> Survey:
        return Survey(
            self.client,
            self.database,
            self.house.clock,
            datetime.now(UTC),
            patience=self.patience,
            tick=activity.heartbeat,
        )
