"""What every kind of health check must keep, whichever it is."""

from __future__ import annotations

import dataclasses
import importlib
import re
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ops.core import kinds, schema
from ops.core.errors import PolicyError
from ops.core.verdict import Verdict
from ops.interfaces.check import Check
from ops.interfaces.state import UnreadableState
from ops.jobs.health.job import look
from ops.policy.model import CheckSpec, HostPolicy, Site

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KINDS = kinds.kinds("ops.health")
# A value for each required option of any kind; a new kind that needs another adds it here or gives a default.
VALUES = {"asset": "his", "copy": "offsite", "calendar": "daily", "rpo": "26h", "every": "31d"}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def module(kind: str) -> ModuleType:
    return importlib.import_module(f"ops.health.{kind}")


def options(check: Check[Any], **given: Any) -> Any:
    required = {
        field.name: VALUES[field.name]
        for field in dataclasses.fields(check.options)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }
    return schema.decode(check.options, {**required, **given}, "options")


def test_the_module_says_what_it_looks_at(module: ModuleType) -> None:
    first = (module.__doc__ or "").splitlines()[0]
    assert first.endswith("."), "the first line of the docstring is one sentence; the reference is made of it"


def test_there_is_exactly_one_constant(module: ModuleType) -> None:
    assert [name for name, value in vars(module).items() if isinstance(value, Check)] == ["KIND"]


def test_every_option_is_frozen_and_explained(module: ModuleType) -> None:
    kind_options = module.KIND.options
    assert kind_options.__dataclass_params__.frozen
    explained = re.findall(r"^ *(\w+): .+\.$", kind_options.__doc__ or "", re.MULTILINE)
    assert sorted(explained) == sorted(field.name for field in dataclasses.fields(kind_options))


def test_options_decode_from_nothing_or_name_what_is_missing(module: ModuleType) -> None:
    try:
        schema.decode(module.KIND.options, {}, "options")
    except PolicyError as error:
        assert all("missing" in problem.message for problem in error.problems)
    with pytest.raises(PolicyError, match="unknown key"):
        schema.decode(module.KIND.options, {"no_such_option": 1}, "options")


def test_on_a_hostile_machine_it_is_never_a_pass_and_never_raises(
    kind: str, module: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spec = CheckSpec(kind, options(module.KIND, **hostile(module.KIND)))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("psutil.PROCFS_PATH", str(tmp_path))
    rubbish = {name: UnreadableState(message="not whole") for name in STATES}
    policy = HostPolicy(1, "his1", Site("Test"), checks={"one": spec})
    (entry,) = look(policy, rubbish, NOW)
    assert entry.verdict == Verdict.UNKNOWN
    assert "this check failed with an error" not in entry.message, "say what cannot be looked at"


def hostile(check: Check[Any]) -> dict[str, Any]:
    """Point the options that lead somewhere to where nothing is."""
    nowhere = {"path": "/nowhere/at/all", "port": 1}
    return {field.name: nowhere[field.name] for field in dataclasses.fields(check.options) if field.name in nowhere}


STATES = ("backup-his", "copy-his-offsite", "drill-his")


def test_it_has_a_test_of_its_own(kind: str, checkout: Path) -> None:
    assert (checkout / "tests" / "unit" / "health" / f"test_{kind}.py").is_file()
