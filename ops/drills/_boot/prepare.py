"""From a set to a machine that runs: its tree brought and made fit for a boot, the boot waited for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from pathlib import Path

from ops.core.announce import announce
from ops.core.errors import Damaged, UsageError
from ops.core.limits import demand_between
from ops.core.names import UnitName
from ops.core.quantity import Duration
from ops.core.ram import LEAST, in_memory, share, writable
from ops.core.verdict import Finding, Verdict, judged
from ops.drills._boot.container import Booted
from ops.drills._boot.isolate import isolate, mask
from ops.drills._boot.port_probe import Door
from ops.drills._qemu.machine import Emulated
from ops.drills._storage.space import MEMORY, room
from ops.interfaces.drill import Part, Stage

CONTAINER = "kernel, boot loader and disk layout: the machine was booted as a container, on the drill host's kernel"
UNPROVEN = ("the network, and whatever needs another machine: it had only its own loopback",)
TRUSTING = (
    "booted straight from the repository, so its root has to be trusted like this machine's own; "
    "use --no-instant or --own-kernel for a server that may have been broken into"
)
_LOOK_SECONDS = 0.1
STATES = {"running", "degraded"}
LOGIN = "systemd-user-sessions.service"


@dataclass(frozen=True)
class Options:
    """What the booted machine must do.

    services: units that must be active.
    answers: TCP ports that must answer, queried from inside the machine: `port`, and if wanted `says`, what the first
        words from it must contain. With `get`, a path is requested by HTTP, such as `/statistics`; `number` and
        `at_least` are then a key of the JSON object that is answered, and the smallest acceptable number there.
    without: units that are not started, because their data are restored in another way, such as from a dump.
    within: how long booting may take until all services are up; ten times as long if `own_kernel` has to do
        without hardware virtualisation.
    instant: boot straight from the repository; otherwise restore first, as after a disaster. The restored machine's
        root is then to be trusted like the drill host's own.
    own_kernel: boot from a newly built disk in QEMU, with the machine's own boot loader and kernel; it is then
        restored first. Only the kind `machine` does so.
    """

    services: tuple[UnitName, ...] = ()
    answers: tuple[Door, ...] = ()
    without: tuple[UnitName, ...] = ()
    within: Duration = Duration(300)
    instant: bool = False
    own_kernel: bool = False

    def __post_init__(self) -> None:
        for door in self.answers:
            door.demand()
        demand_between("within", self.within, Duration(10), Duration(86_400))
        if self.instant and self.own_kernel:
            raise ValueError("instant and own_kernel exclude each other: a disk is built from a restored machine")
        if both := sorted({*self.services} & {*self.without}):
            raise ValueError(f"{both[0]} is in services, but without says that it is not started; remove it from one")


@contextmanager
def raised(stage: Stage[Options], part: Part, *, own_disk: bool = False) -> Iterator[Path | None]:
    """Yield a machine's tree, ready to be booted; None when it can't be made whole, which is told.

    own_disk: whether it is to be booted from a disk of its own, not as a container.
    """
    files = _files_beside(stage)
    with _mounted(stage, part, files) if instant(stage) and not own_disk else _restored(stage, part, files) as root:
        _unproven(stage)
        if not own_disk:
            stage.unproven(CONTAINER)
        stage.hurt_files("tree", part.label, root)
        with stage.timed("prove"):
            for one in (part, *_completing(stage, part)):
                for name, finding in one.check(root):
                    stage.rung(name, finding)
            for one in files:
                for name, finding in one.check(root):
                    stage.rung(f"{one.label} {name}", finding)
        yield root if not stage.enough() and _completed(stage, part, root, own_disk=own_disk) else None


def instant(stage: Stage[Options]) -> bool:
    """Whether the machine is booted straight from the repository: a person's word, else the policy's."""
    return bool(stage.options.instant if stage.instant is None else stage.instant)


def machine_of(stage: Stage[Options]) -> Part:
    """Return the part that is the machine; raise UsageError when there is none, or more than one."""
    found = [part for part in stage.parts.values() if part.source.machine and not part.told.completes]
    if len(found) != 1:
        raise UsageError(
            f"the set holds {len(found)} machines, but a drill of a machine boots one",
            "use drill.kind `machine` for an asset with one source of that kind",
        )
    return found[0]


@contextmanager
def _mounted(stage: Stage[Options], part: Part, files: Sequence[Part]) -> Iterator[Path]:
    """Yield the tree as it lies in the mounted repository, with a layer over it in memory that may be written."""
    announce(f"{stage.name}: {TRUSTING}")
    stage.tell(method="instant", written=MEMORY)
    layer = stage.scratch / "memory"
    with ExitStack() as block:
        with stage.timed("fetch"):
            folders = block.enter_context(stage.mounted())
            block.enter_context(in_memory(layer, LEAST, share()))  # what a machine writes nobody knows
            # To restore the small parts would open the repository once more each, which takes longer than they do.
            above = [*reversed(files), *reversed(_completing(stage, part))]
            trees = [folders[one.label] for one in (*above, part)]
            root = block.enter_context(writable(trees, layer))
        yield root


@contextmanager
def _restored(stage: Stage[Options], part: Part, files: Sequence[Part]) -> Iterator[Path]:
    """Yield the tree restored."""
    further = _completing(stage, part)
    with room(stage, LEAST + sum(one.bytes + one.bytes // 4 for one in (part, *further, *files))) as place:
        root = place / "root"
        with stage.timed("fetch"), ThreadPoolExecutor(1) as beside:
            # They are small, and to open a repository takes longer than they do. The tree, which may take hours, comes
            # in this thread: a request to end reaches no other.
            small = [beside.submit(stage.bring, one.label, root) for one in further]
            stage.bring(part.label, root)
            for one in small:
                one.result()
            for other in files:  # after the tree, for both may hold the same
                stage.bring(other.label, root)
            root.chmod(0o755)  # a snapshot has no entry for / itself
        yield root


def _completed(stage: Stage[Options], part: Part, root: Path, *, own_disk: bool) -> bool:
    """Make the tree whole, and fit for a boot among strangers; return whether it is."""
    with stage.timed("restore"):
        try:
            isolate(root, devices=own_disk)
            mask(root, stage.options.without)
            if part.source.completion:
                part.source.completion.complete(root, part.told.facts, stage.companions(part.label))
        except Damaged as error:
            stage.rung("whole", Finding(Verdict.FAIL, str(error)))
            return False
    return True


def _completing(stage: Stage[Options], part: Part) -> list[Part]:
    """Return the parts of the set without which this one is not whole."""
    return [other for other in stage.parts.values() if other.told.completes == part.label]


def _files_beside(stage: Stage[Options]) -> list[Part]:
    """Return the parts of the set that are files of the machine; they were taken after it, and lie over its tree."""
    return [
        part
        for part in stage.parts.values()
        if part.source.in_place_paths and not (part.told.material.stream or part.database or part.source.machine)
    ]


def _unproven(stage: Stage[Options]) -> None:
    for sentence in UNPROVEN:
        stage.unproven(sentence)
    for unit in stage.options.without:
        stage.unproven(f"{unit}: not started, as the policy says")


def up(stage: Stage[Options], machine: Booted | Emulated, begun: float) -> bool:
    """Wait until somebody could log in; return whether it came so far."""
    if not wait(stage, machine, lambda: _states(machine, [LOGIN])[LOGIN] == "active"):
        how = "did not come up" if machine.alive() else "stopped while booting"
        stage.rung("boot", Finding(Verdict.FAIL, f"the machine {how}: {machine.last_words()}"))
        return False
    stage.tell(login_seconds=round(time.monotonic() - begun, 2))
    return True


def boot_over(stage: Stage[Options], machine: Booted | Emulated) -> None:
    """Wait until all units were started, and tell which of them failed; nobody has to wait so long for an answer."""
    over = wait(stage, machine, lambda: machine.told(["systemctl", "is-system-running"]) in STATES)
    failed = machine.told(["systemctl", "list-units", "--failed", "--plain", "--no-legend", "--no-pager"])
    if not machine.alive():  # it has answered, and says nothing any more: that is not a machine without failed units
        stage.rung("boot", Finding(Verdict.FAIL, f"the machine stopped after it answered: {machine.last_words()}"))
        return
    names = [line.split()[0] for line in failed.splitlines() if line.strip()]
    other = [name for name in names if name not in stage.options.services]
    wrong = [f"failed: {', '.join(other)}"] if other else []
    waited = Duration(stage.options.within.seconds * machine.patience)
    wrong += [] if over else [f"units were still being started after {waited}"]
    stage.rung("boot", Finding(Verdict.WARN if wrong else Verdict.PASS, "; ".join(wrong) or "no unit has failed"))


def services(stage: Stage[Options], machine: Booted | Emulated, begun: float) -> bool:
    """Wait until all services are active that the policy lists; return whether they are."""
    wanted = stage.options.services
    states: dict[str, str] = {}

    def decided() -> bool:
        states.update(_states(machine, wanted))
        return all(seen in {"active", "failed"} for seen in states.values())

    wait(stage, machine, decided)
    wrong = [f"{name} is {seen or 'missing'}" for name, seen in states.items() if seen != "active"]
    stage.rung("services", judged(wrong, f"{len(wanted)} services are active"))
    stage.tell(services_seconds=round(time.monotonic() - begun, 2))
    return not wrong


def questions(stage: Stage[Options], part: Part, machine: Booted | Emulated) -> None:
    """Put the policy's questions to the databases of the machine."""
    kind = part.source.machine
    if kind is None:
        return
    names = kind.databases(part.told.facts)
    for name in names:
        stage.ask(name, partial(kind.answer, machine, name), alone=len(names) == 1)


def references(stage: Stage[Options], part: Part, machine: Booted | Emulated) -> None:
    """Look for the files that the databases of the machine name."""
    kind = part.source.machine
    if kind is None:
        return
    names = kind.databases(part.told.facts)
    for name in names:
        stage.refer(name, partial(kind.rows, machine, name), alone=len(names) == 1)


def _states(machine: Booted | Emulated, units: Sequence[str]) -> Mapping[str, str]:
    """Return the state of each unit, asked at once; nothing for those of which the machine says nothing."""
    words = machine.told(["systemctl", "is-active", "--", *units]).split() if units else []
    return dict(zip_longest(units, words[: len(units)], fillvalue=""))


def wait(stage: Stage[Options], machine: Booted | Emulated, ready: Callable[[], bool]) -> bool:
    """Wait until something is so, as long as the machine is up and the policy allows; return whether it is."""
    deadline = time.monotonic() + stage.options.within.seconds * machine.patience
    while not ready():
        if not machine.alive() or time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_SECONDS)
    return True
