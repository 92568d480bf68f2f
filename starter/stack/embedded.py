"""What `karhu up` runs: real PostgreSQL, real Temporal, an SMTP catcher and Karhu's own services.

with embedded(Path("var/karhu"), settings, migrate=..., search_attributes=...) as stack:
    print(stack.addresses.temporal_ui)
    stack.service("smtp").kill()  # it comes back
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from integrations.places import address
from starter.settings import Settings
from starter.stack import ports, temporal
from starter.stack.addresses import STACK_FILE, Addresses, kept_secrets, read_json
from starter.stack.health import postgres_answers, smtp_answers
from starter.stack.postgres import Postgres
from starter.stack.process import Service, StackError
from starter.stack.stack import Parts, Stack

SMTP = "smtp"

NO_OPERATOR = "EMBEDDED"
"""Stands for an e-invoice operator where there is none, for trying things out."""

# Made up for each data folder where the settings give none.
_KEYS = ("KARHU_INTRUM_API_KEY", "KARHU_CALLBACK_SECRET", "KARHU_FILE_KEY")
_DATABASE_KEY = "postgres"


def embedded(
    data_dir: Path,
    settings: Settings,
    *,
    migrate: Callable[[str], None],
    search_attributes: Sequence[tuple[str, str]] = (),
    services: Callable[[Addresses], Sequence[Service]] = lambda _addresses: (),
    clock_speed: float | None = None,
    usual_ports: bool = True,
    postgres_settings: Mapping[str, str] | None = None,
    temporal_config: Mapping[str, str] | None = None,
    report: Callable[[str], None] = lambda _line: None,
) -> Stack:
    """The stack of `karhu up`: PostgreSQL, Temporal, the SMTP catcher, then `services`.

    `migrate` gets the database's SQLAlchemy address. `services` are Karhu's own, made from the
    addresses. `clock_speed`, in business seconds per real second, goes before the settings'. With
    `usual_ports` false every port is a free one. `KARHU_DATABASE_URL` replaces the own PostgreSQL.
    """

    def place(folder: Path) -> Addresses:
        return _place(folder, settings, usual_ports=usual_ports)

    def infrastructure(placed: Addresses) -> list[Service]:
        parts = []
        if settings.database_url is None:
            server = _postgres(placed.data_dir, placed.ports["postgres"], postgres_settings or {})
            parts.append(server.service())
        parts.append(
            temporal.service(
                placed.data_dir / "temporal" / "temporal.db",
                placed.ports["temporal"],
                placed.ports["temporal-ui"],
                search_attributes,
                temporal_config or {},
            )
        )
        parts.append(_smtp(placed))
        return parts

    def prepare(placed: Addresses) -> None:
        if settings.database_url is not None:
            plain = placed.database_url.replace("+psycopg", "", 1)
            if not postgres_answers(plain):
                raise StackError(
                    "the database of KARHU_DATABASE_URL does not answer: start it, correct the "
                    "address, or unset the variable to use the embedded one"
                )
        migrate(placed.database_url)

    return Stack(
        data_dir,
        Parts(place, infrastructure, prepare, services),
        clock_origin=settings.clock_origin,
        clock_speed=settings.clock_speed if clock_speed is None else clock_speed,
        report=report,
    )


def _place(folder: Path, settings: Settings, *, usual_ports: bool) -> Addresses:
    """Choose the ports: the usual ones, else the last run's, else any free ones."""
    last = read_json(folder / STACK_FILE).get("addresses", {}).get("ports", {})
    chosen: dict[str, int] = {}
    for part, usual in ports.USUAL.items():
        wanted = [usual] if usual_ports else []
        if part in last:
            wanted.append(last[part])
        chosen[part] = ports.choose(wanted, taken=chosen.values())
    if settings.database_url is not None:
        database_url = settings.database_url.get_secret_value()
    else:
        database_url = _postgres(folder, chosen["postgres"], {}).url()
    given = (settings.intrum_api_key, settings.callback_secret, settings.file_key)
    own = kept_secrets(folder, _KEYS)
    return Addresses(
        data_dir=folder,
        ports=chosen,
        database_url=database_url,
        outbox=_outbox(settings.outbox_dir, folder / "outbox"),
        einvoice_operator=settings.einvoice_operator or NO_OPERATOR,
        einvoices=_outbox(settings.einvoice_dir, folder / "einvoices"),
        secrets={
            name: own[name] if value is None else value.get_secret_value()
            for name, value in zip(_KEYS, given, strict=True)
        },
    )


def _outbox(given: str | None, own: Path) -> str:
    """A folder by its whole path, or an address."""
    place = address(given) if given else own
    return str(place.resolve() if isinstance(place, Path) else place)


def _postgres(folder: Path, port: int, settings: Mapping[str, str]) -> Postgres:
    password = kept_secrets(folder, (_DATABASE_KEY,))[_DATABASE_KEY]
    return Postgres(folder / "postgres", port, password, dict(settings))


def _smtp(placed: Addresses) -> Service:
    host, port = placed.smtp
    catcher = (sys.executable, "-m", "integrations.smtp_catcher")
    return Service(
        name=SMTP,
        argv=(*catcher, "--host", host, "--port", str(port), "--dir", str(placed.mail)),
        ready=lambda: smtp_answers(host, port),
    )
