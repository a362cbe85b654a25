"""A machine whose power goes while its databases are written to: all that was acknowledged must be there again."""

from __future__ import annotations

import time
from pathlib import Path

from ops.core.errors import SeawallError, UsageError
from ops.core.verdict import Finding, Verdict
from ops.drills._boot.container import booted
from ops.drills._boot.prepare import Options, instant, machine_of, questions, raised, services, up
from ops.interfaces.drill import Drill, Part, Stage

COMMITS = 2000  # so many are acknowledged before the power goes, or as many as come in the time
LOAD_SECONDS = 30.0
UNPROVEN = (
    "that a disk keeps what it acknowledged when its own power goes: every process was killed, the memory was not lost"
)


def play(stage: Stage) -> None:
    """Boot the machine, kill all of it while it is written to, boot it again and look for what was acknowledged."""
    part = machine_of(stage)
    if part.source.burden is None or not part.facts.get("clusters"):
        raise UsageError(
            f"{stage.name} has no database that runs inside it", "name PostgreSQL's port in `clusters` of its source"
        )
    stage.unproven(UNPROVEN)
    with raised(stage, part) as root:
        if root is None:
            return
        acknowledged = _crashed(stage, part, root)
        if acknowledged is not None:
            _recovered(stage, part, root, acknowledged)


def _crashed(stage: Stage, part: Part, root: Path) -> int | None:
    """Write to the machine until its power goes; return how many commits it had acknowledged by then."""
    begun = time.monotonic()
    with booted(root, stage.scratch / "console", own_users=not instant(stage)) as machine:
        with stage.timed("start"):
            if not up(stage, machine, begun):
                return None
            services(stage, machine, begun)
        try:
            with part.source.burden(machine, part.facts) as burden:
                deadline = time.monotonic() + LOAD_SECONDS
                while burden.acknowledged() < COMMITS and time.monotonic() < deadline and machine.alive():
                    time.sleep(0.01)
                machine.cut()
                stage.happened("the power went")
                acknowledged: int = burden.acknowledged()
        except SeawallError as error:
            stage.rung("load", Finding(Verdict.UNKNOWN, f"nothing could be written: {error}"))
            return None
    verdict = Verdict.PASS if acknowledged else Verdict.UNKNOWN
    stage.rung("load", Finding(verdict, f"{acknowledged:,} commits were acknowledged when the power went"))
    stage.tell(acknowledged_commits=acknowledged)
    return acknowledged


def _recovered(stage: Stage, part: Part, root: Path, acknowledged: int) -> None:
    """Boot what is left, and compare."""
    begun = time.monotonic()
    with booted(root, stage.scratch / "console", own_users=not instant(stage)) as machine:
        with stage.timed("restart"):
            if not up(stage, machine, begun):
                return
            services(stage, machine, begun)
            questions(stage, part, machine)
        with stage.timed("prove"):
            try:
                stage.rung("commits", part.source.borne(machine, part.facts, acknowledged))
                for name, finding in part.source.inside(machine, part.facts):
                    stage.rung(name, finding)
            except SeawallError as error:
                stage.rung("inside", Finding(Verdict.FAIL, f"the machine could not be asked after the crash: {error}"))
        stage.shown(lambda: machine.inside([]))


KIND = Drill(options=Options, play=play)
