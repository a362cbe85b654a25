"""From a set to a machine that runs: its tree brought and made fit for a boot, the boot waited for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ops.core.errors import Damaged, UsageError
from ops.core.quantity import Duration
from ops.core.verdict import Finding, Verdict, judged
from ops.drills._boot.container import Booted
from ops.drills._boot.isolate import isolate, mask
from ops.drills._qemu.machine import Emulated
from ops.drills._storage.ram import LEAST, in_memory, writable
from ops.drills._storage.space import MEMORY, room
from ops.interfaces.drill import Part, Stage

CONTAINER = "kernel, boot loader and disk layout: it was booted as a container, on the drill host's kernel"
UNPROVEN = ("network, and whatever needs another machine: it had none but its own loopback",)
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
    within: how long the boot may take, until all services are there; ten times as long where `own_kernel` has to do
        without the processor's help.
    instant: whether it is booted straight from the repository; otherwise it is restored first, as after a disaster.
    own_kernel: whether it is booted in QEMU, from a disk made anew, by its own boot loader and kernel; it is then
        restored first. Only the kind `machine` does so.
    """

    services: tuple[str, ...] = ()
    answers: tuple[Door, ...] = ()
    without: tuple[str, ...] = ()
    within: Duration = Duration(300)
    instant: bool = False
    own_kernel: bool = False


@contextmanager
def raised(stage: Stage, part: Part, *, own_disk: bool = False) -> Iterator[Path | None]:
    """Yield a machine's tree, ready to be booted; None when it can't be made whole, which is told.

    own_disk: whether it is to be booted from a disk of its own, not as a container.
    """
    with _mounted(stage, part) if instant(stage) and not own_disk else _restored(stage, part) as root:
        _unproven(stage)
        if not own_disk:
            stage.unproven(CONTAINER)
        stage.hurt("tree", part.label, root, part.facts)
        with stage.timed("prove"):
            for one in (part, *_completing(stage, part)):
                for name, finding in one.source.check(root, one.facts, ()):
                    stage.rung(name, finding)
        yield root if not stage.enough() and _completed(stage, part, root, own_disk=own_disk) else None


def instant(stage: Stage) -> bool:
    """Whether the machine is booted straight from the repository: a person's word, else the policy's."""
    return bool(stage.options.instant if stage.instant is None else stage.instant)


def machine_of(stage: Stage) -> Part:
    """Return the part that is the machine; raise UsageError when there is none, or more than one."""
    found = [part for part in stage.parts.values() if part.facts["kind"] == "machine" and "completes" not in part.facts]
    if len(found) != 1:
        raise UsageError(
            f"the set holds {len(found)} machines, a drill of a machine boots one",
            "drill.kind is `machine` for an asset with one source of that kind",
        )
    return found[0]


@contextmanager
def _mounted(stage: Stage, part: Part) -> Iterator[Path]:
    """Yield the tree as it lies in the mounted repository, with a layer over it in memory that may be written."""
    stage.tell(method="instant", written=MEMORY)
    layer = stage.scratch / "memory"
    with ExitStack() as block:
        with stage.timed("fetch"):
            folders = block.enter_context(stage.mounted())
            block.enter_context(in_memory(layer))
            root = block.enter_context(writable(folders[part.label], layer))
            for further in _completing(stage, part):
                stage.bring(further.label, root)
        yield root


@contextmanager
def _restored(stage: Stage, part: Part) -> Iterator[Path]:
    """Yield the tree restored."""
    further = _completing(stage, part)
    with room(stage, LEAST + sum(one.bytes + one.bytes // 4 for one in (part, *further))) as place:
        root = place / "root"
        with stage.timed("fetch"), ThreadPoolExecutor(1) as beside:
            # They are small, and to open a repository takes longer than they do. The tree, which may take hours, comes
            # in this thread: a request to end reaches no other.
            small = [beside.submit(stage.bring, one.label, root) for one in further]
            stage.bring(part.label, root)
            for one in small:
                one.result()
            root.chmod(0o755)  # a snapshot has no entry for / itself
        yield root


def _completed(stage: Stage, part: Part, root: Path, *, own_disk: bool) -> bool:
    """Make the tree whole, and fit for a boot among strangers; return whether it is."""
    with stage.timed("restore"):
        try:
            isolate(root, devices=own_disk)
            mask(root, stage.options.without)
            if part.source.complete:
                part.source.complete(root, part.facts, stage.companions(part.label))
        except Damaged as error:
            stage.rung("whole", Finding(Verdict.FAIL, str(error)))
            return False
    return True


def _completing(stage: Stage, part: Part) -> list[Part]:
    """Return the parts of the set without which this one is not whole."""
    return [other for other in stage.parts.values() if other.facts.get("completes") == part.label]


def _unproven(stage: Stage) -> None:
    for sentence in UNPROVEN:
        stage.unproven(sentence)
    for unit in stage.options.without:
        stage.unproven(f"{unit}: it was not started, as the policy says")


def up(stage: Stage, machine: Booted | Emulated, begun: float) -> bool:
    """Wait until somebody could log in, and until the boot is over; return whether it is."""
    if not wait(stage, machine, lambda: state(machine, "systemd-user-sessions.service") == "active"):
        how = "did not come up" if machine.alive() else "ended while it booted"
        stage.rung("boot", Finding(Verdict.FAIL, f"the machine {how}: {machine.last_words()}"))
        return False
    stage.tell(login_seconds=round(time.monotonic() - begun, 2))
    wait(stage, machine, lambda: machine.told(["systemctl", "is-system-running"]) in STATES)
    failed = machine.told(["systemctl", "list-units", "--failed", "--plain", "--no-legend", "--no-pager"])
    names = [line.split()[0] for line in failed.splitlines() if line.strip()]
    other = [name for name in names if name not in stage.options.services]
    finding = Finding(Verdict.WARN, f"failed: {', '.join(other)}") if other else Finding(Verdict.PASS, "no unit failed")
    stage.rung("boot", finding)
    return True


def services(stage: Stage, machine: Booted | Emulated, begun: float) -> None:
    """Wait until all services are active that the policy lists."""
    wanted = stage.options.services
    wait(stage, machine, lambda: all(state(machine, name) in {"active", "failed"} for name in wanted))
    states = {name: state(machine, name) for name in wanted}
    wrong = [f"{name} is {seen or 'not there'}" for name, seen in states.items() if seen != "active"]
    stage.rung("services", judged(wrong, f"{len(wanted)} services are active"))
    stage.tell(services_seconds=round(time.monotonic() - begun, 2))


def questions(stage: Stage, part: Part, machine: Booted | Emulated) -> None:
    """Put the policy's questions to the databases of the machine."""
    names = [f"{port}/{name}" for port, one in part.facts.get("clusters", {}).items() for name in one["databases"]]
    for name in names:
        stage.ask(name, partial(_asked, part, machine, name), alone=len(names) == 1)


def _asked(part: Part, machine: Booted | Emulated, name: str, sql: str) -> float:
    return float(part.source.answer(machine, name, sql))


def state(machine: Booted | Emulated, unit: str) -> str:
    return machine.told(["systemctl", "is-active", unit])


def wait(stage: Stage, machine: Booted | Emulated, ready: Callable[[], bool]) -> bool:
    """Wait until something is so, as long as the machine is up and the policy allows; return whether it is."""
    deadline = time.monotonic() + stage.options.within.seconds * machine.patience
    while not ready():
        if not machine.alive() or time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_SECONDS)
    return True
