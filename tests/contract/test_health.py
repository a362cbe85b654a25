"""What every kind of health check must keep, whichever it is."""

from __future__ import annotations

import dataclasses
import importlib
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from every_kind import decoded, every

from ops.core.verdict import Verdict
from ops.interfaces.check import Check
from ops.interfaces.state import UnreadableState
from ops.jobs.health.job import look
from ops.policy.model import CheckSpec, HostPolicy, Site

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KINDS = every("ops.health")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def module(kind: str) -> ModuleType:
    return importlib.import_module(f"ops.health.{kind}")


def test_on_a_hostile_machine_it_is_never_a_pass_and_never_raises(
    kind: str, module: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spec = CheckSpec(kind, decoded(kind, module.KIND.options, **hostile(module.KIND)))
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


STATES = ("backup-his", "copy-his-offsite", "drill-his", "leaving-his", "disk-disks-red", "alarm-drill-timer")


def test_it_has_a_test_of_its_own(kind: str, checkout: Path) -> None:
    assert (checkout / "tests" / "unit" / "health" / f"test_{kind}.py").is_file()


def test_it_says_why_it_looks_and_what_a_person_does(module: ModuleType) -> None:
    for text in (module.KIND.why, module.KIND.remedy):
        assert 40 < len(text) < 500
        assert text.endswith(".")
