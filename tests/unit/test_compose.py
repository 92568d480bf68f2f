"""The compose file as data: valid, pinned, without secrets, true to the code."""

import importlib.metadata
import json
import re
import subprocess
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from starter.settings import Settings
from workflows import search_attributes

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
JOBS = {"temporal-schema", "temporal-namespace", "migrate", "activate"}
LASTING = SERVICES.keys() - JOBS
REFERENCE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?P<kind>:[-?])?(?P<rest>[^}]*)\}")
SECRET = re.compile(r"PASSWORD|PWD|SECRET|API_KEY")


def references(text: str) -> dict[str, tuple[str | None, str]]:
    return {found["name"]: (found["kind"], found["rest"]) for found in REFERENCE.finditer(text)}


def filled(value: Any) -> Any:
    """The file as the engine sees it, with every variable given."""
    if isinstance(value, dict):
        return {key: filled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item) for item in value]
    if not isinstance(value, str):
        return value
    plain = REFERENCE.sub(lambda found: found["rest"] if found["kind"] == ":-" else "given", value)
    return int(plain) if plain.isdigit() and plain != value else plain


def test_it_is_a_compose_file() -> None:
    schema = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    validator = jsonschema.Draft202012Validator(json.loads(schema.read_text()))
    assert [error.message for error in validator.iter_errors(filled(COMPOSE))] == []


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_pinned(name: str) -> None:
    image, _, tag = filled(SERVICES[name]["image"]).rpartition(":")
    assert image
    assert re.fullmatch(r"\d+\.\d+(\.\d+)?(-[a-z]+)?", tag)


def test_the_dockerfile_is_pinned_and_not_root() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert bases
    for base in bases:
        assert re.search(r":\d+\.\d+\.\d+-", base)
    assert [line for line in lines if line.startswith("USER ")][-1] == "USER karhu"
    assert any("--require-hashes" in line for line in lines)


def test_what_the_dockerfile_copies_is_there_and_not_ignored() -> None:
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and not line.startswith("COPY --from"):
            *sources, _target = line.split()[1:]
            for source in sources:
                assert (ROOT / source).exists()
                assert f"!{source}" in ignore


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_has_a_value(name: str) -> None:
    for variable, value in SERVICES[name].get("environment", {}).items():
        if SECRET.search(variable) or "://" in str(value):
            assert references(str(value))
    for variable, (kind, rest) in references(json.dumps(SERVICES[name])).items():
        if SECRET.search(variable):
            # One that must be given, or one that may be left out: then it is empty.
            assert (kind, bool(rest)) in {(":?", True), (":-", False)}


def test_the_example_names_every_secret_and_gives_none() -> None:
    lines = (ROOT / "deploy" / "env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    for variable, (kind, _) in references((ROOT / "docker-compose.yml").read_text()).items():
        if kind == ":?":
            assert given[variable] == ""


@pytest.mark.parametrize("name", sorted(LASTING))
def test_what_lasts_is_watched_and_started_again(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(JOBS))
def test_a_job_ends(name: str) -> None:
    assert str(SERVICES[name]["restart"]).startswith("on-failure")
    assert "healthcheck" not in SERVICES[name]


@pytest.mark.parametrize("name", SERVICES)
def test_dependencies_are_there_and_can_come_true(name: str) -> None:
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        expected = "service_completed_successfully" if needed in JOBS else "service_healthy"
        assert how["condition"] == expected
        assert needed in SERVICES


def test_nothing_waits_in_a_circle() -> None:
    started: set[str] = set()
    while started != SERVICES.keys():
        able = {
            name
            for name, service in SERVICES.items()
            if name not in started and service.get("depends_on", {}).keys() <= started
        }
        assert able
        started |= able


@pytest.mark.parametrize("name", SERVICES)
def test_volumes_are_named_or_files_of_ours(name: str) -> None:
    for volume in SERVICES[name].get("volumes", []):
        source, target, *_ = volume.split(":")
        assert target.startswith("/")
        if source.startswith("."):
            assert (ROOT / source).is_file()
        else:
            assert source in COMPOSE["volumes"]


def test_postgresql_keeps_its_data() -> None:
    assert "postgres-data:/var/lib/postgresql" in SERVICES["postgres"]["volumes"]


def test_workers_can_be_added() -> None:
    assert not any("container_name" in service for service in SERVICES.values())
    assert "ports" not in SERVICES["worker"]
    assert SERVICES["worker"]["deploy"]["replicas"]


def test_only_this_machine_reaches_what_is_published() -> None:
    for service in SERVICES.values():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:")


def test_temporal_is_made_to_last() -> None:
    assert SERVICES["temporal"]["environment"]["NUM_HISTORY_SHARDS"] == "512"
    images = {service["image"] for service in SERVICES.values()}
    assert not any("auto-setup" in image for image in images)
    versions = {image.rpartition(":")[2] for image in images if "ui" not in image.split("/")[-1]}
    assert SERVICES["temporal"]["image"].rpartition(":")[2] in versions


def test_search_attributes_are_those_of_the_code() -> None:
    given = SERVICES["temporal-namespace"]["environment"]["SEARCH_ATTRIBUTES"].split()
    assert given == [f"{name}={kind}" for name, kind in search_attributes.ALL]


def test_the_release_and_its_deployment_are_those_of_the_code() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name in ("worker", "activate"):
        text = json.dumps(SERVICES[name])
        assert references(text)["KARHU_VERSION"] == (":-", project["version"])
    assert importlib.metadata.version("karhu") == project["version"]


def test_karhu_reads_every_variable_it_is_given() -> None:
    for name in ("migrate", "worker", "activate", "api"):
        for variable in SERVICES[name]["environment"]:
            prefix, _, setting = variable.partition("_")
            if prefix == "KARHU":
                assert setting.lower() in Settings.model_fields
            else:
                assert variable in {"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"}


@pytest.mark.parametrize("script", sorted(path.name for path in (ROOT / "deploy").glob("*.sh")))
def test_scripts_are_sound(script: str) -> None:
    path = ROOT / "deploy" / script
    assert "set -eu" in path.read_text()
    subprocess.run(["sh", "-n", str(path)], check=True)
