"""Durable code stays light: every workflow's own copy of it would carry what it imports."""

import subprocess
import sys

import pytest

HEAVY = ("sqlmodel", "sqlalchemy", "psycopg", "httpx", "fastapi", "typst", "holidays", "lxml")
OURS = ("store", "integrations", "activities", "starter")


def imported_by(module: str) -> set[str]:
    """Every module that a fresh interpreter has loaded after importing this one."""
    program = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return set(done.stdout.decode().split())


@pytest.mark.parametrize("module", ["workflows.invoice", "workflows.contract"])
def test_a_workflow_reaches_the_domain_alone(module: str) -> None:
    roots = {name.partition(".")[0] for name in imported_by(module)}
    assert "domain" in roots
    assert not roots & {*HEAVY, *OURS}


@pytest.mark.parametrize("module", ["domain.procedure", "domain.by_hand", "domain.calendar"])
def test_the_domain_loads_no_holidays_before_it_needs_them(module: str) -> None:
    roots = {name.partition(".")[0] for name in imported_by(module)}
    assert not roots & {*HEAVY, *OURS, "workflows", "temporalio"}
