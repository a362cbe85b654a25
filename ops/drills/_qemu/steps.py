"""The rungs on the way to a machine that runs its own kernel: its disk, its boot loader, and what it then booted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.core.errors import CommandError, CommandTimeout, Damaged, Unavailable
from ops.core.verdict import Finding, Verdict, judged
from ops.drills._boot.prepare import Options
from ops.drills._qemu import machine as emulated
from ops.drills._qemu.bootable import STEPS, Kernel, demand_bootable, equip, kernel
from ops.drills._qemu.disk import make, read_fstab, sizes
from ops.drills._qemu.machine import Emulated
from ops.drills._qemu.partitions import Layout, layout
from ops.drills._storage.space import room
from ops.interfaces.drill import Stage

EMULATED = (
    "drivers of the real hardware and its firmware settings: the machine was booted in QEMU, from one disk, by a BIOS"
)
SLOWLY = "the duration: without hardware virtualisation everything was emulated, and every limit was {} times as long"
NOT_REACHED = "kernel, boot loader and disk layout: no bootable disk was built"


def own_kernel(stage: Stage[Options]) -> bool:
    """Whether the machine is booted with its own kernel, from a disk made anew: a person's word, else the policy's."""
    if stage.own_kernel is None:
        return bool(stage.options.own_kernel) and not stage.instant
    return stage.own_kernel


@contextmanager
def own_disk(stage: Stage[Options], root: Path) -> Iterator[Emulated | None]:
    """Make the disk, install the boot loader and boot from it for a block; None, told in a rung, when that fails."""
    stage.tell(method="own_kernel", patience=emulated.patience())
    try:
        plan, newest = _planned(root)
        wanted = sizes(root, plan.made)
    except (Damaged, Unavailable) as error:
        verdict = Verdict.FAIL if isinstance(error, Damaged) else Verdict.UNKNOWN
        stage.rung("disk", Finding(verdict, str(error)))
        stage.unproven(NOT_REACHED)
        yield None
        return
    with room(stage, sum(wanted), "disk") as place:
        image = place / "disk"
        if _made(stage, image, root, plan, wanted) and _loaded(stage, image, plan, newest):
            stage.unproven(EMULATED)
            if emulated.patience() > 1:
                stage.unproven(SLOWLY.format(emulated.patience()))
            with emulated.booted(image, stage.scratch) as machine:
                yield machine
            return
        stage.unproven(NOT_REACHED)
        yield None


def _planned(root: Path) -> tuple[Layout, Kernel]:
    """Return the disk to be made and the kernel to be booted, the tree made fit for both.

    Raise Damaged with what the backup lacks, Unavailable for a machine that this drill can't boot.
    """
    plan = layout(read_fstab(root))
    demand_bootable(root, plan)
    newest = kernel(root)
    equip(root, plan.fstab)
    return plan, newest


def kernel_runs(machine: Emulated, root: Path) -> Finding:
    """Return whether what runs is the newest kernel of the tree, and GRUB started it."""
    wanted = kernel(root).version
    seen, line = machine.told(["uname", "-r"]), machine.told(["cat", "/proc/cmdline"])
    wrong = (
        [] if seen == wanted else [f"{seen or 'no kernel that answers'} runs, but the newest in the backup is {wanted}"]
    )
    wrong += [] if "BOOT_IMAGE=" in line else ["it was not started by GRUB"]
    return judged(wrong, f"{wanted} runs, started by GRUB from the disk")


def _made(stage: Stage[Options], image: Path, root: Path, plan: Layout, wanted: list[int]) -> bool:
    try:
        make(image, root, plan, wanted)
    except (CommandError, Damaged) as error:
        stage.rung("disk", Finding(Verdict.FAIL, f"the disk could not be built: {error}"))
        return False
    for one in plan.left:
        stage.unproven(f"{one.name} ({one.kind}): this drill does not create such a file system")
    names = ", ".join(f"{one.name} ({one.kind})" for one in plan.made)
    stage.rung("disk", Finding(Verdict.PASS, f"built as in fstab: {names}"))
    return True


def _loaded(stage: Stage[Options], image: Path, plan: Layout, newest: Kernel) -> bool:
    console = stage.scratch / "install"
    try:
        ended = emulated.installed(image, console, newest, plan.made[0].uuid)
    except CommandError as error:
        # Emulated, a machine that is healthy may stand still, too.
        late = isinstance(error, CommandTimeout) and emulated.patience() > 1
        verdict = Verdict.UNKNOWN if late else Verdict.FAIL
        words = f"the kernel {newest.version} did not get as far as installing it: {error}"
        stage.rung("loader", Finding(verdict, f"{words}: {emulated.last_words(console)}"))
        return False
    wrong = [f"{step} {_how(ended.get(step))}" for step in STEPS if ended.get(step) != 0]
    said = [f"{', '.join(wrong)}: {emulated.last_words(console)}"] if wrong else []
    stage.rung("loader", judged(said, "the machine's own grub-install and update-grub succeeded"))
    return not wrong


def _how(code: int | None) -> str:
    return "was not reached" if code is None else f"failed with {code}"
