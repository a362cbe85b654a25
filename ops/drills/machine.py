"""A whole machine, booted in isolation from its backup: restored first, or straight from the repository."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from ops.core.errors import SeawallError
from ops.core.verdict import Finding, Verdict
from ops.drills._boot.container import Booted, booted
from ops.drills._boot.port_probe import answer, serves
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
    wait,
)
from ops.drills._qemu.machine import Emulated, demand_programs
from ops.drills._qemu.steps import kernel_runs, own_disk, own_kernel
from ops.interfaces.drill import Drill, Part, Stage


def play(stage: Stage[Options]) -> None:
    """Bring the machine's tree, cut it off, boot it, and look whether it does what the policy says."""
    part = machine_of(stage)
    if own := own_kernel(stage):
        demand_programs()
    stage.unproven("that users can work: the services were queried from inside")
    with raised(stage, part, own_disk=own) as root:
        if root is None:
            return
        begun = time.monotonic()
        with ExitStack() as block:
            with stage.timed("start"):
                machine = block.enter_context(_powered(stage, part, root))
                if machine is None:
                    return
                if running := up(stage, machine, begun):
                    if isinstance(machine, Emulated):
                        stage.rung("kernel", kernel_runs(machine, root))
                    active = services(stage, machine, begun)
                    _answers(stage, part, machine, begun, patient=active)
            if running:
                with stage.timed("prove"):
                    boot_over(stage, machine)
                    _proved(stage, part, machine)
                    stage.files_in(root)
                    references(stage, part, machine)
            stage.shown(lambda: machine.inside([]))


@contextmanager
def _powered(stage: Stage[Options], part: Part, root: Path) -> Iterator[Booted | Emulated | None]:
    """Boot the tree as a container, or with its own kernel; None when it came to no disk to boot from."""
    if own_kernel(stage):
        stage.hurt_files("disk", part.label, root)
        with own_disk(stage, root) as machine:
            yield machine
        return
    with booted(root, stage.scratch / "console", own_users=not instant(stage)) as machine:
        yield machine


def _answers(stage: Stage[Options], part: Part, machine: Booted | Emulated, begun: float, *, patient: bool) -> None:
    """Put the policy's questions; the first answer is what the recovery time is counted to.

    patient: whether what is requested by HTTP is waited for: a service is active before it has come to listen.
    """
    for door in stage.options.answers:
        asking = machine.door(door)
        if door.get and patient:
            wait(stage, machine, partial(serves, asking, machine.patience))
        stage.rung(door.name, answer(asking, door, machine.patience))
    questions(stage, part, machine)
    stage.tell(isolated_answer_seconds=round(time.monotonic() - begun, 2))


def _proved(stage: Stage[Options], part: Part, machine: Booted | Emulated) -> None:
    """Compare what the machine's own servers hold with the manifest."""
    if part.source.machine is None:
        return
    try:
        for name, finding in part.source.machine.prove(machine, part.told.facts):
            stage.rung(name, finding)
    except SeawallError as error:
        stage.rung("inside", Finding(Verdict.FAIL, f"the booted machine could not be queried: {error}"))


KIND = Drill(
    options=Options,
    play=play,
    takes=lambda source, _options: source.machine is not None,
    wants="a source of the kind machine",
    builds_disk=own_kernel,
    boots=True,
    synonyms=("boot", "server", "vm", "system"),
)
