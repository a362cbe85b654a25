"""The rungs on the way to a machine that runs its own kernel: its disk, its boot loader, and what it then booted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.core.errors import CommandError, Damaged
from ops.core.verdict import Finding, Verdict, judged
from ops.drills import Stage
from ops.drills import _emulated as emulated
from ops.drills._disk import make, read_fstab, sizes
from ops.drills._emulated import Emulated
from ops.drills._layout import Layout, layout
from ops.drills._room import room


@contextmanager
def own_disk(stage: Stage, root: Path) -> Iterator[Emulated | None]:
    """Make the disk, install the boot loader and boot from it for a block; None, told in a rung, when that fails."""
    try:
        plan, kernel = layout(read_fstab(root)), emulated.kernel(root)
        emulated.equip(root, plan.fstab)
        wanted = sizes(root, plan.made)
    except Damaged as error:
        stage.rung("disk", Finding(Verdict.FAIL, str(error)))
        yield None
        return
    with room(stage, sum(wanted), "disk") as place:
        image = place / "disk"
        if _made(stage, image, root, plan, wanted) and _loaded(stage, image, plan, kernel):
            with emulated.booted(image, stage.scratch) as machine:
                yield machine
            return
        yield None


def kernel_runs(machine: Emulated, root: Path) -> Finding:
    """Return whether what runs is the newest kernel of the tree, and GRUB started it."""
    wanted = emulated.kernel(root).version
    seen, line = machine.told(["uname", "-r"]), machine.told(["cat", "/proc/cmdline"])
    wrong = [] if seen == wanted else [f"{seen or 'no kernel that answers'} runs, the newest of the backup is {wanted}"]
    wrong += [] if "BOOT_IMAGE=" in line else ["it was not started by GRUB"]
    return judged(wrong, f"{wanted} runs, started by GRUB from the disk")


def _made(stage: Stage, image: Path, root: Path, plan: Layout, wanted: list[int]) -> bool:
    try:
        make(image, root, plan, wanted)
    except (CommandError, Damaged) as error:
        stage.rung("disk", Finding(Verdict.FAIL, f"the disk could not be made: {error}"))
        return False
    for one in plan.left:
        stage.unproven(f"{one.mount or 'swap'} ({one.kind}, {one.source}): this drill does not make such a file system")
    names = ", ".join(f"{one.mount or 'swap'} ({one.kind})" for one in plan.made)
    stage.rung("disk", Finding(Verdict.PASS, f"made as fstab says: {names}"))
    return True


def _loaded(stage: Stage, image: Path, plan: Layout, kernel: emulated.Kernel) -> bool:
    console = stage.scratch / "install"
    try:
        ended = emulated.installed(image, console, kernel, plan.made[0].uuid)
    except CommandError as error:
        words = f"the kernel {kernel.version} did not come so far as to install it: {error}"
        stage.rung("loader", Finding(Verdict.FAIL, f"{words}: {emulated.last_words(console)}"))
        return False
    wrong = [f"{step} {_how(ended.get(step))}" for step in emulated.STEPS if ended.get(step) != 0]
    said = [f"{', '.join(wrong)}: {emulated.last_words(console)}"] if wrong else []
    stage.rung("loader", judged(said, "the machine's own grub-install and update-grub ended well"))
    return not wrong


def _how(code: int | None) -> str:
    return "was not reached" if code is None else f"ended with {code}"
