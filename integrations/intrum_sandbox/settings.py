"""What the sandbox is started with."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, SecretStr, field_validator

from domain.clock import REAL_TIME, Clock
from integrations.intrum_sandbox.faults import Faults
from integrations.intrum_sandbox.paths import EVENLY, PATHS
from integrations.intrum_sandbox.records import Contract
from integrations.intrum_sandbox.script import ScriptLine


class Pace(BaseModel):
    """How many days of business time a case stays in each status."""

    model_config = ConfigDict(frozen=True)

    days_of_reminding: NonNegativeFloat = 28
    """In the reminder service: how long the agency reminds before anything else happens."""
    days_to_letter: NonNegativeFloat = 7
    """In collection: from registration to collection by letter."""
    days_to_outcome: NonNegativeFloat = 21
    """From collection by letter to what comes of it."""
    days_per_measure: NonNegativeFloat = 30
    """Each later step: court, enforcement, billing, and what comes of them."""


class Settling(BaseModel):
    """How collected money is remitted."""

    model_config = ConfigDict(frozen=True)

    every_days: Annotated[float, Field(ge=0.01)] = 7
    """Days of business time from one settlement day to the next."""
    commission: Annotated[float, Field(ge=0, le=1)] = 0
    """What the agency keeps back of what it remits, VAT included, as a share of it."""
    folder: Path | None = None
    """Where every settlement is written as a file too."""


class SandboxSettings(BaseModel):
    """Everything about one sandbox. The database file keeps cases over restarts."""

    model_config = ConfigDict(frozen=True)

    database: Path
    api_key: SecretStr
    """What callers show as their bearer token."""
    host: str = "127.0.0.1"
    port: int = 8090
    callback_url: str | None = None
    """Where statuses and contracts are posted; None leaves statuses to polling."""
    callback_secret: SecretStr = SecretStr("")
    """Callbacks are signed with it."""
    callback_retry_seconds: float = Field(default=0.5, gt=0)
    """Real seconds before the second try of a callback; doubled for each further one."""
    callback_retry_max_seconds: float = Field(default=30, gt=0)
    clock: Clock = REAL_TIME
    contracts: tuple[Contract, ...] = ()
    """Signed when the sandbox starts, and announced unless they were signed before."""
    open_contracts: bool = False
    """Take every contract number that was never signed here as signed, for every service."""
    days_ahead: NonNegativeFloat = 0
    """How far ahead of the sandbox's own clock a date may lie, for callers whose time skips."""
    pace: Pace = Pace()
    settling: Settling = Settling()
    faults: Faults = Faults()
    script: tuple[ScriptLine, ...] = ()
    """When which fault goes on and off."""
    seed: str = ""
    """Changes which case takes which path, and which faults strike."""
    path: str | None = None
    """Sends every case down this one path instead of drawing (see `paths.PATHS`); `evenly` draws
    each path as often as every other."""

    @field_validator("path")
    @classmethod
    def _known(cls, path: str | None) -> str | None:
        if path is not None and path != EVENLY and path not in PATHS:
            raise ValueError(f"unknown path {path!r}; choose one of {', '.join((*PATHS, EVENLY))}")
        return path
