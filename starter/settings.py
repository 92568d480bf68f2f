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
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.clock import REAL_TIME, Clock
from domain.interest import DayCount
from integrations.places import SftpAddress, address

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
    """Change to TLS after the greeting, as on port 587."""
    smtp_tls: bool = False
    """TLS from the first byte, as on port 465."""
    smtp_ca_file: Path | None = None
    """Certificates (PEM) that the mail server's is checked against; not given, the system's."""
    mail_from: str = "laskutus@karhu.example"
    """The sender's address of letters by e-mail."""
    mail_bounces_to: str | None = None
    """The address that a mail server reports failures to; not given, `mail_from`."""
    bounces_dir: Path | None = None
    """The mailbox of that address: a maildir, or a folder of `.eml` files. The API reads it."""

    outbox_dir: str | None = None
    """Where letters on paper and their manifest are put: a folder, or `sftp://user@host:port/path`.
    Not given, `outbox` in `data_dir`."""
    outbox_sftp_key: SecretStr | None = None
    """The private key (its text) for that server."""
    outbox_sftp_password: SecretStr | None = None
    einvoice_dir: str | None = None
    """Where e-invoices are put for their operator, in the same way. Not given, `einvoices` in
    `data_dir`."""
    einvoice_operator: str = ""
    """The companies' e-invoice operator (välittäjä), where their own invoices name none."""
    einvoice_sftp_key: SecretStr | None = None
    einvoice_sftp_password: SecretStr | None = None
    sftp_known_hosts: Path | None = None
    """The host keys of both servers, as OpenSSH keeps them."""

    intrum_url: str = "http://127.0.0.1:8490"
    intrum_api_key: SecretStr | None = None

    ropo_url: str | None = None
    """Ropo One, `https://ropo24.fi`; tests go to `https://rc.ropo24.fi`. Not given, no company uses
    it."""
    ropo_cid: str = ""
    """Our customer number there; of a company that uses it, the contract number."""
    ropo_apicode: SecretStr | None = None
    ropo_webhook_user: str = "ropo"
    ropo_webhook_password: SecretStr | None = None
    """What Ropo's calls show (Basic authentication); without it they are refused."""

    callback_secret: SecretStr | None = None
    """Signs the agency's calls back to us; calls without a good signature are refused."""

    day_count: Annotated[DayCount, BeforeValidator(_number)] = 365
    """Days that a leap year's interest is divided by: 365 as is usual, or 366."""

    reconcile_every: int = Field(default=900, ge=1)
    """Seconds between two comparisons of rows with workflows."""

    agency_poll_every: int = Field(default=600, ge=1)
    """Seconds between two readings of what the agencies report, for what no callback brought, and
    of their settlements."""

    agency_drift_every: int = Field(default=86_400, ge=1)
    """Seconds between two comparisons of our books with the agencies'."""

    file_key: Annotated[SecretStr | None, Field(min_length=16)] = None
    """Seals what is kept but must not be read in the database, as the bytes of files handed in
    until they are read: the same for every process."""

    webhooks_private: bool = False
    """Let webhooks go to private and loopback addresses, and over http: for receivers in the same
    network, and for tests."""

    temporal_ui: str | None = None
    """Where people find Temporal's Web UI; None: the pages do not link to it."""
    public_url: str | None = None
    """The API's address as programs outside know it, `https://karhu.example`: what they sign. Not
    given, the host that each request names."""

    home_firm: str | None = None
    """The business id of the accounting firm to which companies come that no other firm has, on a
    machine of one's own (`starter.first_user`)."""

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

    @field_validator("outbox_dir", "einvoice_dir")
    @classmethod
    def _place(cls, where: str | None, info: ValidationInfo) -> str | None:
        try:
            return where and str(address(where))
        except ValueError as error:
            raise ValueError(f"KARHU_{str(info.field_name).upper()} {error}") from None

    @model_validator(mode="after")
    def _known_hosts(self) -> Self:
        over_sftp = [
            place for place in (self.outbox, self.einvoices) if not isinstance(place, Path)
        ]
        if over_sftp and self.sftp_known_hosts is None:
            raise ValueError(
                "KARHU_SFTP_KNOWN_HOSTS must name the file with the host key of"
                f" {over_sftp[0].host}: letters are handed to a server that is known"
            )
        return self

    @model_validator(mode="after")
    def _whole_ropo(self) -> Self:
        if self.ropo_url and not (self.ropo_cid and self.ropo_apicode):
            raise ValueError(
                "KARHU_ROPO_URL needs KARHU_ROPO_CID and KARHU_ROPO_APICODE, which Ropo gives"
            )
        return self

    @model_validator(mode="after")
    def _one_tls(self) -> Self:
        if self.smtp_tls and self.smtp_starttls:
            raise ValueError(
                "KARHU_SMTP_TLS (port 465) and KARHU_SMTP_STARTTLS (port 587) are two ways of doing"
                " the same: set one"
            )
        return self

    @property
    def outbox(self) -> Path | SftpAddress:
        """Where letters on paper and their manifest are put."""
        return address(self.outbox_dir) if self.outbox_dir else self.data_dir / "outbox"

    @property
    def einvoices(self) -> Path | SftpAddress:
        """Where e-invoices and their manifest are put."""
        return address(self.einvoice_dir) if self.einvoice_dir else self.data_dir / "einvoices"

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
