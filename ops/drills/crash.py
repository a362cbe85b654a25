"""A machine whose power fails while its databases are being written: every acknowledged commit must survive."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ops.core.errors import SeawallError, UsageError
from ops.core.verdict import Finding, Verdict
from ops.drills._boot.container import booted
from ops.drills._boot.prepare import (
    Options,
    boot_over,
    instant,
    machine_of,
    questions,
    raised,
    references,
    services,
    up,
)
from ops.interfaces.drill import Drill, Part, Stage
from ops.interfaces.server import RunningMachine

COMMITS = 2000  # so many are acknowledged before the power goes, or as many as come in the time
LOAD_SECONDS = 30.0
UNPROVEN = (
    "that a disk keeps what it acknowledged when its own power fails: every process was killed, but memory was not lost"
)


def play(stage: Stage[Options]) -> None:
    """Boot the machine, kill all of it while it is written to, boot it again and look for what was acknowledged."""
    part = machine_of(stage)
    kind = part.source.machine
    if kind is None or not kind.databases(part.told.facts):
        raise UsageError(
            f"{stage.name} has no database running inside it", "add PostgreSQL's port to `clusters` of its source"
        )
    stage.unproven(UNPROVEN)
    with raised(stage, part) as root:
        if root is None:
            return
        acknowledged = _crashed(stage, part, kind, root)
        if acknowledged is not None:
            _recovered(stage, part, kind, root, acknowledged)


def _crashed(stage: Stage[Options], part: Part, kind: RunningMachine[Any], root: Path) -> int | None:
    """Write to the machine until its power goes; return how many commits it had acknowledged by then."""
    begun = time.monotonic()
    with booted(root, stage.scratch / "console", own_users=not instant(stage)) as machine:
        with stage.timed("start"):
            if not up(stage, machine, begun):
                return None
            services(stage, machine, begun)
            boot_over(stage, machine)
        try:
            with kind.load(machine, part.told.facts) as load:
                deadline = time.monotonic() + LOAD_SECONDS
                while load.acknowledged() < COMMITS and time.monotonic() < deadline and machine.alive():
                    time.sleep(0.01)
                machine.cut()
                stage.happened("the power failed")
                acknowledged = load.acknowledged()
        except SeawallError as error:
            stage.rung("load", Finding(Verdict.UNKNOWN, f"nothing could be written: {error}"))
            return None
    verdict = Verdict.PASS if acknowledged else Verdict.UNKNOWN
    stage.rung("load", Finding(verdict, f"{acknowledged:,} commits were acknowledged when the power failed"))
    stage.tell(acknowledged_commits=acknowledged)
    return acknowledged


def _recovered(stage: Stage[Options], part: Part, kind: RunningMachine[Any], root: Path, acknowledged: int) -> None:
    """Boot what is left, and compare."""
    begun = time.monotonic()
    with booted(root, stage.scratch / "console", own_users=not instant(stage)) as machine:
        with stage.timed("restart"):
            if not up(stage, machine, begun):
                return
            services(stage, machine, begun)
            questions(stage, part, machine)
        with stage.timed("prove"):
            boot_over(stage, machine)
            try:
                stage.rung("commits", kind.verify_load(machine, part.told.facts, acknowledged))
                for name, finding in kind.prove(machine, part.told.facts):
                    stage.rung(name, finding)
                stage.files_in(root)
                references(stage, part, machine)
            except SeawallError as error:
                stage.rung(
                    "inside", Finding(Verdict.FAIL, f"the machine could not be queried after the crash: {error}")
                )
        stage.shown(lambda: machine.inside([]))


KIND = Drill(
    options=Options,
    play=play,
    takes=lambda source, options: source.machine is not None and bool(options.clusters),
    wants="a source of the kind machine with PostgreSQL's port in its `clusters`",
    boots=True,
    synonyms=("power", "poweroff", "powerfail"),
)
