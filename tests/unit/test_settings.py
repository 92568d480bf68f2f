"""Settings come from KARHU_ variables and fix one clock for all processes."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.clock import REAL_TIME
from integrations.places import SftpAddress
from starter.settings import SettingsError, load

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("KARHU_")]:
        monkeypatch.delenv(name)


def test_a_first_try_needs_no_settings() -> None:
    settings = load()
    assert settings.database_url is None
    assert settings.data_dir == Path("var/karhu")
    assert settings.outbox == Path("var/karhu/outbox")
    assert settings.einvoices == Path("var/karhu/einvoices")
    assert settings.bounces_dir is None
    assert settings.clock() == REAL_TIME
    assert settings.build_id


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_any_usual_postgresql_address_is_taken(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("KARHU_DATABASE_URL", f"{scheme}://karhu:salainen@db.example/karhu")
    settings = load()
    assert settings.database_url is not None
    address = "postgresql+psycopg://karhu:salainen@db.example/karhu"
    assert settings.database_url.get_secret_value() == address
    assert "salainen" not in repr(settings)


def test_another_database_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KARHU_DATABASE_URL", "mysql://karhu:salainen@db.example/karhu")
    with pytest.raises(SettingsError, match="PostgreSQL") as refused:
        load()
    assert "salainen" not in str(refused.value)


def test_the_clock_runs_as_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KARHU_CLOCK_ORIGIN", "2026-10-01T12:00:00Z")
    monkeypatch.setenv("KARHU_CLOCK_ANCHOR", "2026-11-22T00:00:00Z")
    monkeypatch.setenv("KARHU_CLOCK_SPEED", "86400")
    anchor = datetime(2026, 11, 22, tzinfo=UTC)
    assert load().clock().now(anchor + timedelta(seconds=3)) == NOON + timedelta(days=3)


@pytest.mark.parametrize(
    "given",
    [{"KARHU_CLOCK_SPEED": "86400"}, {"KARHU_CLOCK_ORIGIN": "2026-10-01T12:00:00Z"}],
)
def test_half_a_clock_is_refused_where_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match="KARHU_CLOCK_ANCHOR"):
        load().clock()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KARHU_CLOCK_SPEED", "0"),
        ("KARHU_CLOCK_ORIGIN", "2026-10-01T12:00:00"),
        ("KARHU_SMTP_PORT", "70000"),
    ],
)
def test_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        load()


def test_the_days_of_a_leap_year_may_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().day_count == 365
    monkeypatch.setenv("KARHU_DAY_COUNT", "366")
    assert load().day_count == 366
    monkeypatch.setenv("KARHU_DAY_COUNT", "360")
    with pytest.raises(SettingsError, match="KARHU_DAY_COUNT"):
        load()


def test_an_outbox_may_be_on_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KARHU_OUTBOX_DIR", "sftp://karhu@print.example:2222/in")
    with pytest.raises(SettingsError, match="KARHU_SFTP_KNOWN_HOSTS"):
        load()
    monkeypatch.setenv("KARHU_SFTP_KNOWN_HOSTS", "known_hosts")
    monkeypatch.setenv("KARHU_OUTBOX_SFTP_PASSWORD", "salainen")
    settings = load()
    assert settings.outbox == SftpAddress("karhu", "print.example", 2222, "/in")
    assert settings.einvoices == Path("var/karhu/einvoices")
    assert "salainen" not in repr(settings)


@pytest.mark.parametrize("name", ["KARHU_OUTBOX_DIR", "KARHU_EINVOICE_DIR"])
@pytest.mark.parametrize("value", ["ftp://print.example/in", "sftp://karhu:salainen@x.example/in"])
def test_a_wrong_server_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("KARHU_SFTP_KNOWN_HOSTS", "known_hosts")
    with pytest.raises(SettingsError, match=name) as refused:
        load()
    assert "salainen" not in str(refused.value)


def test_one_kind_of_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KARHU_SMTP_TLS", "true")
    assert load().smtp_tls
    monkeypatch.setenv("KARHU_SMTP_STARTTLS", "true")
    with pytest.raises(SettingsError, match="KARHU_SMTP_STARTTLS"):
        load()
