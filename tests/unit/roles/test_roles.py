"""Roles as products: what they take stands in defaults, specification and README, and nothing else does."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROLES = sorted(path for path in (Path(__file__).parents[3] / "roles").iterdir() if path.is_dir())
MOST_LINES = 75
role = pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8")) if path.exists() else None


def options(role: Path) -> dict[str, dict[str, Any]]:
    return dict(loaded(role / "meta/argument_specs.yml")["argument_specs"]["main"]["options"])


@role
def test_has_its_parts(role: Path) -> None:
    for part in ("README.md", "meta/argument_specs.yml", "defaults/main.yml", "tasks/main.yml"):
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


@role
def test_variables_carry_the_role_s_name(role: Path) -> None:
    assert all(name.startswith(f"{role.name}_") for name in options(role))
    assert all(name.startswith(f"__{role.name}_") for name in loaded(role / "vars/main.yml") or {})


@role
def test_secrets_stay_out_of_outputs(role: Path) -> None:
    secret = re.compile(r"password|account|key$|readers|files_wanted")
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
