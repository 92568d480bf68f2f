"""What the sandbox is started with."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, SecretStr, field_validator

from domain.clock import REAL_TIME, Clock
from integrations.intrum_sandbox.paths import PATHS


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


class Faults(BaseModel):
    """How bad an agency to be. Rates are from 0 (never) to 1 (always), drawn by the seed."""

    model_config = ConfigDict(frozen=True)

    latency_ms: NonNegativeFloat = 0
    """Real milliseconds that every answer of the API is late, after the message has been taken."""
    failure_rate: float = Field(default=0, ge=0, le=1)
    """Requests answered with 503 before anything is done."""
    duplicate_callbacks: float = Field(default=0, ge=0, le=1)
    """Callbacks sent a second time after they were taken."""
    reorder_callbacks: float = Field(default=0, ge=0, le=1)
    """Callbacks kept back until the case's next one has been delivered."""


class SandboxSettings(BaseModel):
    """Everything about one sandbox. The database file keeps cases over restarts."""

    model_config = ConfigDict(frozen=True)

    database: Path
    api_key: SecretStr
    """What callers show as their bearer token."""
    host: str = "127.0.0.1"
    port: int = 8090
    callback_url: str | None = None
    """Where status messages are posted; None leaves them to polling."""
    callback_secret: SecretStr = SecretStr("")
    """Callbacks are signed with it."""
    callback_retry_seconds: float = Field(default=0.5, gt=0)
    """Real seconds before the second try of a callback; doubled for each further one."""
    callback_retry_max_seconds: float = Field(default=30, gt=0)
    clock: Clock = REAL_TIME
    pace: Pace = Pace()
    faults: Faults = Faults()
    seed: str = ""
    """Changes which case takes which path, and which faults strike."""
    path: str | None = None
    """Sends every case down this one path instead of drawing (see `paths.PATHS`)."""

    @field_validator("path")
    @classmethod
    def _known(cls, path: str | None) -> str | None:
        if path is not None and path not in PATHS:
            raise ValueError(f"unknown path {path!r}; choose one of {', '.join(PATHS)}")
        return path
