"""Every fact against its cases: which command asks for it, and what is understood of an output.

A case is a file `facts/FACT/CASE.json`: arguments, command (where it is to be looked at), output, and the fact.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from ops.core.verdict import Finding, Verdict
from ops.fleet.facts.held_secrets import HeldSecrets
from ops.fleet.facts.ledger import Ledger
from ops.fleet.facts.machine import Machine
from ops.fleet.facts.status import Status
from ops.fleet.facts.unit import LastOutcome, Unit
from ops.fleet.ledgers import collect

FACTS = {
    "status": Status,
    "unit": Unit,
    "last_outcome": LastOutcome,
    "machine": Machine,
    "ledger": Ledger,
    "held_secrets": HeldSecrets,
}
CASES = sorted((Path(__file__).parent / "facts").glob("*/*.json"))


def plain(fact: Any) -> Any:
    """Return a fact as a case writes it; when it was looked for is another moment each time."""
    if is_dataclass(fact) and not isinstance(fact, type):
        return plain({name: value for name, value in asdict(fact).items() if name != "looked"})
    if isinstance(fact, dict):
        return {name: plain(value) for name, value in fact.items()}
    if isinstance(fact, (list, tuple)):
        return [plain(value) for value in fact]
    return fact.decode() if isinstance(fact, bytes) else fact


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_fact_is_understood(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    fact = FACTS[path.parent.name]()
    command = fact.command(**case["arguments"])
    assert command == case.get("command", command)
    assert plain(fact.process(case["output"])) == case["fact"]


def test_every_fact_has_cases() -> None:
    assert {path.parent.name for path in CASES} == set(FACTS)


def test_only_what_follows_of_a_ledger_is_asked_for() -> None:
    command = Ledger().command(120, 60)
    assert "begin ledger.jsonl 120" in command
    assert "rest ledger.jsonl.signatures 60" in command


def test_a_ledger_that_unpacks_without_end_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    case = json.loads((Path(__file__).parent / "facts/ledger/what_follows.json").read_text())
    monkeypatch.setattr(collect, "MOST_BYTES", 3)
    told = Ledger().process(case["output"])
    assert isinstance(told, Finding)
    assert told.verdict is Verdict.UNKNOWN


def test_facts_load_no_task_runner_and_hide_it_from_nobody() -> None:
    code = """
import sys
import ops.fleet.facts.status
print("paramiko" in sys.modules, "invoke" in sys.modules)
import invoke
print(invoke.__name__)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True False\ninvoke\n"
