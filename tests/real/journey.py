"""The way of a database: backed up, drilled, restored beside and in place, by the jobs of a real machine."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from one_machine import Machine, set_policy

ACTS = ("backup", "drill", "beside", "in place")


@dataclass
class Journey:
    """What became of one database. server: what it was on. said: of each act that did not pass, in its words."""

    name: str
    server: str
    tables: int = 0
    rows: int = 0
    bytes: int = 0
    verdicts: dict[str, str] = field(default_factory=dict)
    rungs: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def whole(self) -> bool:
        """Whether every act came to a good end, and every rung of every proof passed."""
        good = all(self.verdicts.get(act) in {"pass", "warn"} for act in ACTS)
        return good and not any(verdict != "pass" for verdict in self.rungs.values())

    def keep(self, place: Path) -> None:
        """Add it to the results, one line each."""
        with place.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(self), ensure_ascii=False) + "\n")


def asset(machine: Machine, kind: str, options: Mapping[str, Any], release: str) -> None:
    """Give the machine one database to look after, which it drills itself."""
    set_policy(machine, {"his": {"database": (kind, options)}})
    path = machine.root / "etc/seawall/policy.json"
    policy = json.loads(path.read_text())
    own = policy["assets"]["his"]
    drilled = {**own, "drill": {"host": "his1", "kind": "database", "every": "31d", "release": release}}
    policy["drills"] = {"his": {"host": "his1", "asset": drilled}}
    path.write_text(json.dumps(policy))


def travelled(machine: Machine, journey: Journey, database: str) -> Journey:
    """Take the database all the way, and note what was found."""
    started = time.monotonic()
    ways = {"beside": ("--to", f"{database}_b"), "in place": ("--in-place", "--confirm", "his")}
    for act in ACTS:
        command = act if act in {"backup", "drill"} else "restore"
        machine.seawall(command, "his", *ways.get(act, ()))
        state = machine.state(f"{command}-his")
        facts = recorded(machine)
        journey.verdicts[act] = state["verdict"]
        if state["verdict"] != "pass":
            journey.said[act] = state["message"]
        for rung in facts.get("rungs", ()):
            journey.rungs[f"{act}: {rung['name']}"] = rung["verdict"]
        if act == "backup":
            journey.rows, journey.bytes = facts.get("rows", 0), facts.get("bytes", 0)
    journey.seconds = round(time.monotonic() - started, 1)
    return journey


def recorded(machine: Machine) -> Mapping[str, Any]:
    """Return the facts of the newest record: those of an act that failed, too."""
    ledger = machine.root / "var/lib/seawall/ledger/ledger.jsonl"
    facts: Mapping[str, Any] = json.loads(ledger.read_text("utf-8").splitlines()[-1])["facts"]
    return facts
