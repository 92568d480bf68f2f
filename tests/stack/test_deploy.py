"""The deployment's job scripts, run against real servers of the same versions."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from starter import schedules
from starter.stack import temporal
from starter.stack.ports import HOST, choose
from starter.stack.postgres import programs
from starter.stack.process import Child, Service
from tests.servers import postgres_server
from tests.stack.workers import VERSIONED_WORKER

pytestmark = pytest.mark.stack

DEPLOY = Path(__file__).parents[2] / "deploy"


def script(name: str, **env: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{programs()}:{os.environ['PATH']}"
    return subprocess.run(
        ["sh", str(DEPLOY / name)],
        env={**os.environ, "PATH": path, **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    port = choose()
    server = temporal.service(tmp_path / "temporal.db", port, choose(taken=[port]), [], {})
    child = Child(server, tmp_path / "log", os.environ)
    try:
        child.wait_ready()
        yield f"{HOST}:{port}"
    finally:
        child.stop()


def known(address: str, namespace: str) -> set[tuple[str, str]]:
    command = ["temporal", "operator", "search-attribute", "list", "--namespace", namespace]
    listed = subprocess.run(
        [str(temporal.program()), *command[1:], "--address", address],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line.split() for line in listed.stdout.splitlines()]
    return {(row[0], row[1]) for row in rows if len(row) == 2}


def test_the_namespace_and_its_attributes_come_once(address: str) -> None:
    env = {"TEMPORAL_ADDRESS": address, "NAMESPACE": "lasting", "RETENTION": "30d"}
    for attributes in ("KarhuState=Keyword", "KarhuState=Keyword KarhuNextStepAt=Datetime") * 2:
        done = script("temporal-namespace.sh", SEARCH_ATTRIBUTES=attributes, **env)
        assert done.returncode == 0, done.stderr
    wanted = {("KarhuState", "Keyword"), ("KarhuNextStepAt", "Datetime")}
    assert wanted <= known(address, "lasting")


def test_a_release_becomes_current_when_its_worker_has_reported(
    address: str, tmp_path: Path
) -> None:
    env = {
        **os.environ,
        "TEMPORAL_ADDRESS": address,
        "TEMPORAL_NAMESPACE": "default",
        "KARHU_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/karhu",
        "KARHU_BUILD_ID": "1.2.3",
    }
    worker = Service(
        name="worker",
        argv=(sys.executable, "-c", VERSIONED_WORKER, "1.2.3"),
        ready=lambda: True,
        env=env,
    )
    child = Child(worker, tmp_path / "worker.log", os.environ)
    try:
        for word in ("now", "already"):
            done = subprocess.run(
                [sys.executable, "-m", "starter.cli", "deployment", "set-current"],
                env=env,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert (done.returncode, word in done.stdout) == (0, True), done.stderr
    finally:
        child.stop()
    there = scheduled(address)
    assert schedules.RECONCILING.id in there
    assert schedules.POLLING.id in there


def scheduled(address: str) -> str:
    return subprocess.run(
        [str(temporal.program()), "schedule", "list", "--address", address],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_temporal_gets_a_role_that_cannot_read_karhus_database(tmp_path: Path) -> None:
    with postgres_server(tmp_path) as server:
        done = script(
            "postgres-roles.sh",
            PGHOST=HOST,
            PGPORT=str(server.port),
            PGPASSWORD=server.password,
            POSTGRES_USER="karhu",
            POSTGRES_DB="karhu",
            TEMPORAL_DB_PASSWORD="it's a password",
        )
        assert done.returncode == 0, done.stderr
        password = "it's a password"

        def as_temporal(database: str) -> str:
            return make_conninfo(
                host=HOST, port=server.port, user="temporal", password=password, dbname=database
            )

        with psycopg.connect(as_temporal("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE temporal")
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(as_temporal("karhu"))
