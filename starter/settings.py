"""Karhu's settings: environment variables with the prefix `KARHU_`.

Temporal's connection is not among them: it comes from `temporalio.envconfig` (`TEMPORAL_ADDRESS`,
`TEMPORAL_NAMESPACE`, TLS, API key, profiles), as for every program of that family.
"""

import importlib.metadata
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    AwareDatetime,
    BeforeValidator,
    Field,
    PositiveFloat,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.clock import REAL_TIME, Clock
from domain.interest import DayCount

DEPLOYMENT = "karhu"
"""The name of the worker deployment; a release is a version (build id) within it."""

_DRIVER = "postgresql+psycopg"


class SettingsError(ValueError):
    """Some variables do not hold what they should; the message has a line for each."""

    def __init__(self, invalid: ValidationError) -> None:
        lines = []
        for error in invalid.errors(include_input=False, include_url=False):
            variable = "_".join(("KARHU", *(str(part).upper() for part in error["loc"])))
            # A rule of ours names its variables in its own words.
            lines.append(
                str(error["ctx"]["error"])
                if error["type"] == "value_error"
                else f"{variable}: {error['msg']}"
            )
        super().__init__("\n".join(lines))


def _number(text: object) -> object:
    return int(text) if isinstance(text, str) and text.isdecimal() else text


class Settings(BaseSettings):
    """What the surroundings say. Read once at a program's start by `load`, then handed on.

    A setting that is not given and has no default is None: the embedded stack then gives its own.
    """

    model_config = SettingsConfigDict(
        env_prefix="KARHU_",
        frozen=True,
        extra="ignore",
        # A bad address is no reason to print the password in it.
        hide_input_in_errors=True,
    )

    database_url: SecretStr | None = None
    """PostgreSQL, with its password: `postgresql://user:password@host:5432/karhu`."""

    data_dir: Path = Path("var/karhu")
    """Where the embedded stack keeps its databases, mail, logs and addresses."""

    clock_origin: AwareDatetime | None = None
    """Business time at `clock_anchor`; not given, business time is real time."""

    clock_anchor: AwareDatetime | None = None
    """The real instant at which business time was `clock_origin`."""

    clock_speed: PositiveFloat = 1.0
    """Business seconds per real second."""

    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=8425, ge=1, le=65_535)
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_starttls: bool = False
    mail_from: str = "laskutus@karhu.example"
    """The sender's address of letters by e-mail."""

    outbox_dir: Path | None = None
    """The folder for letters on paper and their manifest; not given, `outbox` in `data_dir`."""

    intrum_url: str = "http://127.0.0.1:8490"
    intrum_api_key: SecretStr | None = None
    intrum_secret: SecretStr | None = None
    intrum_contract: str = "karhu-sandbox"
    """The contract number under which the agency takes assignments."""

    callback_secret: SecretStr | None = None
    """Signs the agency's calls back to us; calls without a good signature are refused."""

    day_count: Annotated[DayCount, BeforeValidator(_number)] = 365
    """Days that a leap year's interest is divided by: 365 as is usual, or 366."""

    api_host: str = "127.0.0.1"
    api_port: int = Field(default=8480, ge=1, le=65_535)

    build_id: str = Field(default_factory=lambda: importlib.metadata.version("karhu"))
    """The release, as the version of the worker deployment `karhu`."""

    @field_validator("database_url")
    @classmethod
    def _driver(cls, url: SecretStr | None) -> SecretStr | None:
        if url is None:
            return None
        scheme, separator, rest = url.get_secret_value().partition("://")
        if not separator or scheme not in {"postgres", "postgresql", _DRIVER}:
            # The value is not shown: it holds a password.
            raise ValueError(
                "KARHU_DATABASE_URL must name a PostgreSQL database: "
                "postgresql://user:password@host:5432/karhu"
            )
        return SecretStr(f"{_DRIVER}://{rest}")

    @model_validator(mode="after")
    def _whole_clock(self) -> Self:
        if self.clock_anchor is not None and self.clock_origin is None:
            raise ValueError("KARHU_CLOCK_ANCHOR means nothing without KARHU_CLOCK_ORIGIN")
        return self

    @property
    def outbox(self) -> Path:
        """The folder for letters on paper and their manifest."""
        return self.outbox_dir or self.data_dir / "outbox"

    def clock(self) -> Clock:
        """Business time as set.

        Raises `ValueError` if the settings do not fix it: each process would count from its own
        start. `karhu up` fixes it for all the processes that it starts.
        """
        if self.clock_origin is None and self.clock_speed == 1.0:
            return REAL_TIME
        if self.clock_origin is None or self.clock_anchor is None:
            raise ValueError(
                "a business clock other than real time needs KARHU_CLOCK_ORIGIN (business time) "
                "and KARHU_CLOCK_ANCHOR (the real instant it was then), or start it with karhu up"
            )
        return Clock(origin=self.clock_origin, anchor=self.clock_anchor, speed=self.clock_speed)


def load() -> Settings:
    """The settings from the environment.

    Raises `SettingsError`, which names each bad variable and its rule.
    """
    try:
        return Settings()
    except ValidationError as invalid:
        raise SettingsError(invalid) from None
