"""Roles as products: what they take stands in defaults, specification and README, and nothing else does."""

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.policy.doors import Client
from ops.policy.role_files import File
from ops.policy.units import Unit

ROLES = sorted(path for path in (Path(__file__).parents[3] / "roles").iterdir() if path.is_dir())
MOST_LINES = 75
role = pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8")) if path.exists() else None


def options(role: Path) -> dict[str, dict[str, Any]]:
    return dict(loaded(role / "meta/argument_specs.yml")["argument_specs"]["main"]["options"])


@role
def test_has_its_parts(role: Path) -> None:
    for part in ("README.md", "meta/argument_specs.yml", "meta/main.yml", "defaults/main.yml", "tasks/main.yml"):
        assert (role / part).is_file(), f"{role.name} has no {part}"


@role
def test_variables_are_named_alike_everywhere(role: Path) -> None:
    named = (role / "defaults/main.yml").read_text("utf-8")
    defaults = set(re.findall(r"^(?:# )?([a-z_]+):", named, re.MULTILINE))
    documented = set(re.findall(r"^\| `([a-z_]+)` \|", (role / "README.md").read_text("utf-8"), re.MULTILINE))
    assert set(options(role)) == defaults == documented


@role
def test_defaults_are_those_of_the_specification(role: Path) -> None:
    given = loaded(role / "defaults/main.yml") or {}
    wanted = {name: option["default"] for name, option in options(role).items() if "default" in option}
    assert given == wanted
    assert all(option.get("required") for name, option in options(role).items() if name not in given)


# What a site names itself can't be listed; a filter judges it, and for the policy the machine, too.
NAMED_BY_THE_SITE = {"agent_policy", "ups_devices", "variables", "before_commands", "words"}


def parts(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every option with those inside it."""
    for name, option in described.items():
        yield name, option
        yield from parts(option.get("options", {}))


@role
def test_what_has_parts_says_what_they_are(role: Path) -> None:
    for name, option in parts(options(role)):
        holds = option.get("elements") == "dict" or option["type"] == "dict"
        assert not holds or "options" in option or name in NAMED_BY_THE_SITE, f"{name} may hold anything"


def test_units_and_files_are_described_as_the_policy_makes_them() -> None:
    described = {name: option for role in ROLES for name, option in options(role).items() if "options" in option}
    units = {name: option for name, option in described.items() if name.endswith("_units")}
    files = {name: option for name, option in described.items() if name.endswith("_files")}
    assert len(units) == 4
    assert len(files) == 4
    for option in units.values():
        assert set(option["options"]) == {field.name for field in fields(Unit)}
    words = {field.name for field in fields(File)}
    assert words <= set(described["files_wanted"]["options"])
    for option in files.values():
        assert set(option["options"]) == words
    assert set(described["backup_host_clients"]["options"]) == {field.name for field in fields(Client)}


@role
def test_every_call_of_a_role_is_validated(role: Path) -> None:
    assert not [path for path in (role / "tasks").glob("*.yml") if "rolespec_validate" in path.read_text("utf-8")]


@role
def test_units_are_judged_before_they_replace_others(role: Path) -> None:
    text = "".join(path.read_text("utf-8") for path in [*role.glob("vars/*.yml"), *role.glob("tasks/*.yml")])
    placed = re.findall(r"path: /etc/systemd/system/\S+[.](?:service|timer|socket)\n((?:    .*\n)+)", text)
    assert all("format: unit" in rest for rest in placed)


@role
def test_variables_carry_the_role_s_name(role: Path) -> None:
    assert all(name.startswith(f"{role.name}_") for name in options(role))
    assert all(name.startswith(f"__{role.name}_") for name in loaded(role / "vars/main.yml") or {})


@role
def test_secrets_stay_out_of_outputs(role: Path) -> None:
    # The role `accounts` is given numbers and names.
    secret = re.compile(r"password|account(?!s_wanted)|key$|clients$|_files$|files_wanted")
    for name, option in options(role).items():
        if secret.search(name) and option["type"] in {"dict", "list"}:
            assert option.get("no_log"), f"{name} can show a secret"


@role
def test_task_files_are_short(role: Path) -> None:
    for path in [*(role / "tasks").glob("*.yml"), *(role / "handlers").glob("*.yml")]:
        assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES, path


@role
def test_no_role_knows_the_inventory(role: Path) -> None:
    """Groups, other machines and the site's variables are the playbooks' business."""
    for path in role.rglob("*"):
        if path.suffix in {".yml", ".j2"}:
            text = path.read_text("utf-8")
            assert not re.search(r"\{[{%][^}]*\b(hostvars|groups|group_names|seawall_\w+)\b", text), path
