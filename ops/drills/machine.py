"""A whole machine, booted in isolation from what its backup holds: restored first, or straight from the repository."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ops.core.errors import Damaged, SeawallError, UsageError
from ops.core.quantity import Duration
from ops.core.verdict import Finding, Verdict, judged
from ops.drills import Drill, Part, Stage
from ops.drills._boot import Booted, booted
from ops.drills._isolation import isolate, mask
from ops.drills._memory import LEAST, in_memory, roomy, writable
from ops.drills._network import answer

UNPROVEN = (
    "kernel, boot loader and disk layout: it was booted as a container, on the drill host's kernel",
    "network, and whatever needs another machine: it had none but its own loopback",
    "that users can work: what answered was asked from inside",
)
_LOOK_SECONDS = 0.2
STATES = {"running", "degraded"}


@dataclass(frozen=True)
class Door:
    """A TCP port of the machine that must answer.

    port: its number. says: what the first words from it must hold; nothing: that it takes a connection is enough.
    """

    port: int
    says: str = ""


@dataclass(frozen=True)
class Options:
    """What the booted machine must do.

    services: units that must be active.
    answers: TCP ports that must answer, asked from inside the machine.
    without: units that are not started, because their data come back in another way, such as from a dump.
    within: how long the boot may take, until all services are there.
    instant: whether it is booted straight from the repository; otherwise it is restored first, as after a disaster.
    """

    services: tuple[str, ...] = ()
    answers: tuple[Door, ...] = ()
    without: tuple[str, ...] = ()
    within: Duration = Duration(300)
    instant: bool = False


def play(stage: Stage) -> None:
    """Bring the machine's tree, cut it off, boot it, and look whether it does what the policy says."""
    part = _machine(stage)
    instant = stage.options.instant if stage.instant is None else stage.instant
    with ExitStack() as block:
        root, memory = block.enter_context(_mounted(stage, part) if instant else _restored(stage, part))
        _unproven(stage, memory=memory)
        stage.hurt("tree", part.label, root, part.facts)
        with stage.timed("prove"):
            for one in (part, *_completing(stage, part)):
                for name, finding in one.source.check(root, one.facts, ()):
                    stage.rung(name, finding)
        if not _completed(stage, part, root):
            return
        begun = time.monotonic()
        with stage.timed("start"):
            machine = block.enter_context(booted(root, stage.scratch / "console", own_users=not instant))
            up = _up(stage, machine, begun)
            if up:
                _services(stage, machine, begun)
                _answers(stage, part, machine, begun)
        if up:
            with stage.timed("prove"):
                _proved(stage, part, machine)
        stage.shown(machine.inside([]))


def _machine(stage: Stage) -> Part:
    """Return the part that is the machine; raise UsageError when there is none, or more than one."""
    found = [part for part in stage.parts.values() if part.facts["kind"] == "machine" and "completes" not in part.facts]
    if len(found) != 1:
        raise UsageError(
            f"the set holds {len(found)} machines, a drill of a machine boots one",
            "drill.kind is `machine` for an asset with one source of that kind",
        )
    return found[0]


@contextmanager
def _mounted(stage: Stage, part: Part) -> Iterator[tuple[Path, bool]]:
    """Yield the tree as it lies in the mounted repository, with a layer over it in memory that may be written."""
    stage.tell(method="instant")
    room = stage.scratch / "memory"
    with ExitStack() as block:
        with stage.timed("fetch"):
            folders = block.enter_context(stage.mounted())
            block.enter_context(in_memory(room))
            root = block.enter_context(writable(folders[part.label], room))
            for further in _completing(stage, part):
                stage.bring(further.label, root)
        yield root, True


@contextmanager
def _restored(stage: Stage, part: Part) -> Iterator[tuple[Path, bool]]:
    """Yield the tree restored and compared with its manifest, and whether it lies in memory."""
    room, whole = stage.scratch / "room", [part, *_completing(stage, part)]
    with roomy(room, LEAST + sum(one.bytes + one.bytes // 4 for one in whole)) as memory:
        root = room / "root"
        with stage.timed("fetch"):
            for one in whole:
                stage.bring(one.label, root)
            root.chmod(0o755)  # a snapshot has no entry for / itself
        yield root, memory


def _completed(stage: Stage, part: Part, root: Path) -> bool:
    """Make the tree whole, and fit for a boot among strangers; return whether it is."""
    with stage.timed("restore"):
        isolate(root)
        mask(root, stage.options.without)
        try:
            if part.source.complete:
                part.source.complete(root, part.facts, stage.companions(part.label))
        except Damaged as error:
            stage.rung("whole", Finding(Verdict.FAIL, str(error)))
            return False
    return True


def _completing(stage: Stage, part: Part) -> list[Part]:
    """Return the parts of the set without which this one is not whole."""
    return [other for other in stage.parts.values() if other.facts.get("completes") == part.label]


def _unproven(stage: Stage, *, memory: bool) -> None:
    for sentence in UNPROVEN:
        stage.unproven(sentence)
    for unit in stage.options.without:
        stage.unproven(f"{unit}: it was not started, as the policy says")
    stage.tell(written="in memory" if memory else "on the drill host's disk, not encrypted")


def _up(stage: Stage, machine: Booted, begun: float) -> bool:
    """Wait until somebody could log in, and until the boot is over; return whether it is."""
    if not _wait(stage, machine, lambda: _state(machine, "systemd-user-sessions.service") == "active"):
        how = "did not come up" if machine.alive() else "ended while it booted"
        stage.rung("boot", Finding(Verdict.FAIL, f"the machine {how}: {machine.last_words()}"))
        return False
    stage.tell(login_seconds=round(time.monotonic() - begun, 2))
    _wait(stage, machine, lambda: machine.told(["systemctl", "is-system-running"]) in STATES)
    failed = machine.told(["systemctl", "list-units", "--failed", "--plain", "--no-legend", "--no-pager"])
    names = [line.split()[0] for line in failed.splitlines() if line.strip()]
    other = [name for name in names if name not in stage.options.services]
    finding = Finding(Verdict.WARN, f"failed: {', '.join(other)}") if other else Finding(Verdict.PASS, "no unit failed")
    stage.rung("boot", finding)
    return True


def _services(stage: Stage, machine: Booted, begun: float) -> None:
    """Wait until all services are active that the policy lists."""
    wanted = stage.options.services
    _wait(stage, machine, lambda: all(_state(machine, name) in {"active", "failed"} for name in wanted))
    states = {name: _state(machine, name) for name in wanted}
    wrong = [f"{name} is {state or 'not there'}" for name, state in states.items() if state != "active"]
    stage.rung("services", judged(wrong, f"{len(wanted)} services are active"))
    stage.tell(services_seconds=round(time.monotonic() - begun, 2))


def _answers(stage: Stage, part: Part, machine: Booted, begun: float) -> None:
    """Put the policy's questions; the first answer is what the recovery time is counted to."""
    for door in stage.options.answers:
        stage.rung(f"port {door.port}", answer(machine.leader, door.port, door.says))
    names = [f"{port}/{name}" for port, one in part.facts.get("clusters", {}).items() for name in one["databases"]]
    for name in names:
        stage.ask(name, partial(_asked, part, machine, name), alone=len(names) == 1)
    stage.tell(isolated_answer_seconds=round(time.monotonic() - begun, 2))


def _asked(part: Part, machine: Booted, name: str, sql: str) -> float:
    return float(part.source.answer(machine, name, sql))


def _proved(stage: Stage, part: Part, machine: Booted) -> None:
    """Compare what the machine's own servers hold with the manifest."""
    if part.source.inside is None:
        return
    try:
        for name, finding in part.source.inside(machine, part.facts):
            stage.rung(name, finding)
    except SeawallError as error:
        stage.rung("inside", Finding(Verdict.FAIL, f"the booted machine could not be asked: {error}"))


def _state(machine: Booted, unit: str) -> str:
    return machine.told(["systemctl", "is-active", unit])


def _wait(stage: Stage, machine: Booted, ready: Callable[[], bool]) -> bool:
    """Wait until something is so, as long as the machine is up and the policy allows; return whether it is."""
    deadline = time.monotonic() + stage.options.within.seconds
    while not ready():
        if not machine.alive() or time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_SECONDS)
    return True


KIND = Drill(options=Options, play=play)
