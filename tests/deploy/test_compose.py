"""The scaled-out office: a valid compose file whose commands exist and whose doors are local."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from deploy.cli.main import app
from shared.bus.address import read_address
from shared.migrate import SERVICES
from shared.settings import Settings

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
IMAGE = "juyang"
OWN_SETTINGS = frozenset(
    {"JUYANG_HEALTH_URL", "JUYANG_ADMIN_DATABASE_URL", "JUYANG_ROLE_PASSWORDS"}
)
NEEDED = re.compile(r"\$\{([A-Z_]+):\?")
USED = re.compile(r"\$\{([A-Z_]+)")
Section = dict[str, Any]


def compose() -> Section:
    loaded: Section = yaml.safe_load(FILE.read_text())
    return loaded


def containers() -> dict[str, Section]:
    found: dict[str, Section] = compose()["services"]
    return found


def ours() -> dict[str, Section]:
    return {name: one for name, one in containers().items() if one["image"] == IMAGE}


def example() -> str:
    return (ROOT / "deploy" / "example.env").read_text()


def test_the_compose_file_is_valid_by_the_compose_schema() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*check, str(FILE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_mistake_in_a_compose_file_is_seen(tmp_path: Path) -> None:
    wrong = compose()
    wrong["services"]["kafka"]["prots"] = []
    (tmp_path / "compose.yml").write_text(yaml.safe_dump(wrong))
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run(
        [*check, str(tmp_path / "compose.yml")], capture_output=True, text=True, check=False
    )
    assert "prots" in done.stdout


def test_the_five_services_run_from_one_image_each_with_its_own_roles() -> None:
    for name in SERVICES:
        service = containers()[name]
        assert service["image"] == IMAGE
        assert service["command"][:2] == ["serve", name]
        environment = service["environment"]
        for variable, role in (
            ("JUYANG_DATABASE_URL", "app"),
            ("JUYANG_JOBS_DATABASE_URL", "jobs"),
        ):
            assert (
                f"//juyang_{name}_{role}:${{{name.upper()}_{role.upper()}_PASSWORD"
                in (environment[variable])
            )
        assert environment["JUYANG_HEALTH_URL"].endswith(f"/{name}/health")


@pytest.mark.parametrize("name", sorted(ours()))
def test_every_command_is_one_that_the_program_knows(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in ours()[name].get("environment", {}).items():
        monkeypatch.setenv(variable, str(value))
    program: Any = get_command(app)
    act, *rest = ours()[name]["command"]
    with program.make_context(IMAGE, [act, *rest]) as context:
        _, command, left = program.resolve_command(context, [act, *rest])
        if left != ["--help"]:
            command.make_context(act, left, parent=context)


@pytest.mark.parametrize("name", sorted(ours()))
def test_every_variable_is_one_that_the_program_reads(name: str) -> None:
    known = {f"JUYANG_{field.upper()}" for field in Settings.model_fields} | OWN_SETTINGS
    given = set(ours()[name].get("environment", {}))
    assert {one for one in given if one.startswith("JUYANG_")} <= known


@pytest.mark.parametrize("name", sorted(ours()))
def test_our_containers_can_write_nothing_but_their_volumes_and_gain_no_rights(name: str) -> None:
    one = ours()[name]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]


def test_every_port_is_published_on_this_machine_alone() -> None:
    ports = [port for one in containers().values() for port in one.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_services_publish_no_port_so_that_they_can_be_scaled() -> None:
    assert not any(one.get("ports") or one.get("container_name") for one in ours().values())


def test_the_example_names_every_secret_and_holds_none() -> None:
    text = FILE.read_text()
    named = set(re.findall(r"^([A-Z_]+)=$", example(), re.MULTILINE))
    assert named == set(NEEDED.findall(text))
    optional = set(re.findall(r"^# ([A-Z_]+)=", example(), re.MULTILINE))
    assert set(USED.findall(text)) == named | optional
    assert not re.search(r"PASSWORD: [^$]", text)


def test_the_role_passwords_are_what_migrate_expects() -> None:
    text = containers()["migrate"]["environment"]["JUYANG_ROLE_PASSWORDS"]
    found = json.loads(re.sub(r"\$\{[^}]*\}", "x", text))
    assert found == {name: {"app": "x", "jobs": "x"} for name in SERVICES}


def test_kafka_makes_no_topic_by_itself_and_tells_both_sides_where_it_is() -> None:
    kafka = containers()["kafka"]["environment"]
    assert kafka["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    told = dict(one.split("://") for one in kafka["KAFKA_ADVERTISED_LISTENERS"].split(","))
    assert set(told) == {"INSIDE", "OUTSIDE"}
    for name in SERVICES:
        url = containers()[name]["environment"]["JUYANG_BUS"]
        assert read_address(url).brokers == (told["INSIDE"],)
    assert f"{told['OUTSIDE']}:29092" in containers()["kafka"]["ports"]


def test_the_collector_passes_on_every_signal_through_parts_that_it_defines() -> None:
    config = yaml.safe_load((ROOT / "deploy" / "otel" / "collector.yaml").read_text())
    assert set(config["service"]["pipelines"]) == {"traces", "metrics", "logs"}
    for pipeline in config["service"]["pipelines"].values():
        for kind, names in pipeline.items():
            assert set(names) <= set(config[kind])
        assert "redaction" in pipeline["processors"]


def test_the_image_is_built_from_hashes_and_runs_as_nobody_special() -> None:
    lines = (ROOT / "deploy" / "Dockerfile").read_text().splitlines()
    assert any("--require-hashes" in line for line in lines)
    assert any(line.startswith("HEALTHCHECK") for line in lines)
    users = [line.split()[1] for line in lines if line.startswith("USER")]
    assert users
    assert not users[-1].startswith(("0", "root"))


def test_the_image_takes_in_no_secret() -> None:
    ignored = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    assert "deploy/*.env" in ignored


@pytest.mark.parametrize(
    ("spoiled", "complaint"),
    [(False, ""), (True, "DL3020")],
    ids=["as it is", "with a file fetched by ADD"],
)
def test_the_image_is_made_by_the_rules_of_its_linter(
    tmp_path: Path, spoiled: bool, complaint: str
) -> None:
    recipe = (ROOT / "deploy" / "Dockerfile").read_text()
    file = tmp_path / "Dockerfile"
    file.write_text(
        recipe.replace("COPY requirements.txt", "ADD requirements.txt") if spoiled else recipe
    )
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, file], capture_output=True, text=True, check=False)
    assert (done.returncode, complaint in done.stdout) == (int(spoiled), True)
    assert spoiled or done.stdout == ""
