"""Software RAID of the kernel (mdadm): arrays that lost a disk, stand still, or hold two versions of the same data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.core.names import FileName
from ops.core.quantity import counted
from ops.core.verdict import Finding, Verdict
from ops.interfaces.check import Check, CheckContext

ARRAY = re.compile(
    r"^(md\S+) : (\w+)(?: \(([\w-]+)\))?(?: (raid\d+|linear|multipath|faulty))?((?: \S+\[\d+\]\S*)*)", re.MULTILINE
)
MEMBERS = re.compile(r"\[(\d+)/(\d+)\] \[[U_]+\]")
PROGRESS = re.compile(r"(recovery|resync|reshape|check) *= *(\d+\.\d)%")
WITH_PARITY = {"raid4", "raid5", "raid6"}  # mirrors may differ where nothing is stored, without harm


@dataclass(frozen=True)
class Options:
    """Which arrays must be there.

    arrays: names of arrays such as md0 that must be there; those that are there are looked at anyway.
    """

    arrays: tuple[FileName, ...] = ()


@dataclass(frozen=True)
class Array:
    """An array as the kernel tells it. members, working: how many disks it is to have, and has; None without spares."""

    name: str
    state: str
    level: str
    members: int | None
    working: int | None
    failed: tuple[str, ...]
    progress: str
    mismatches: int = 0


def probe(options: Options, _: CheckContext) -> Iterator[Finding]:
    """Read what the kernel says of its arrays; this needs no right and wakes no disk."""
    import psutil

    text = (Path(psutil.PROCFS_PATH) / "mdstat").read_text("ascii", errors="replace")
    found = arrays(text)
    missing = [name for name in options.arrays if name not in {array.name for array in found}]
    yield from (Finding(Verdict.FAIL, f"{name} is not there", subject=name) for name in missing)
    if not found and not missing:
        yield Finding(Verdict.UNKNOWN, "this machine has no array; remove the check, or name its arrays")
    for array in found:
        counts = Path("/sys/block") / array.name / "md/mismatch_cnt"
        yield judge(array, _number(counts) if array.level in WITH_PARITY else 0)


def arrays(mdstat: str) -> list[Array]:
    """Given /proc/mdstat, return the arrays that it lists."""
    found = []
    starts = [*ARRAY.finditer(mdstat)]
    for place, start in enumerate(starts):
        end = starts[place + 1].start() if place + 1 < len(starts) else len(mdstat)
        body = mdstat[start.end() : end]
        members, progress = MEMBERS.search(body), PROGRESS.search(body)
        failed = tuple(word.partition("[")[0] for word in start[5].split() if "(F)" in word)
        found.append(
            Array(
                name=start[1],
                state=start[2],
                level=start[4] or "",
                members=int(members[1]) if members else None,
                working=int(members[2]) if members else None,
                failed=failed,
                progress=f"{progress[1]} at {progress[2]}%" if progress else "",
            )
        )
    return found


def judge(array: Array, mismatches: int) -> Finding:
    """Judge an array; mismatches: sectors whose parity did not fit at the last check."""
    name, figures = array.name, {}
    if array.members is not None and array.working is not None:
        figures = {"members": float(array.members), "working": float(array.working)}
    of = f"{name} ({array.level})" if array.level else name
    under_way = f"; {array.progress}" if array.progress else ""
    if array.state != "active":
        return Finding(Verdict.FAIL, f"{of} is {array.state}", figures, subject=name)
    if array.working is not None and array.members is not None and array.working < array.members:
        gone = f" ({', '.join(array.failed)} failed)" if array.failed else ""
        message = f"{of} is degraded: {array.working} of {array.members} disks work{gone}{under_way}"
        return Finding(Verdict.FAIL, message, figures, subject=name)
    if array.failed:
        return Finding(Verdict.WARN, f"{of}: {', '.join(array.failed)} failed{under_way}", figures, subject=name)
    if mismatches:
        message = f"{of}: parity of {counted(mismatches, 'sector')} did not fit at the last check"
        return Finding(Verdict.WARN, message, figures, subject=name)
    disks = f", {array.working} of {array.members} disks work" if figures else ""
    return Finding(Verdict.PASS, f"{of} is active{disks}{under_way}", figures, subject=name)


def _number(path: Path) -> int:
    try:
        text = path.read_text("ascii").strip()
    except FileNotFoundError:
        return 0  # an array that stands still counts none
    return int(text) if text.isdecimal() else 0


KIND = Check(
    Options,
    probe,
    synonyms=("mdadm", "md", "mdstat", "software_raid"),
    why="A mirror that lost a disk works on as before, without a word, until the other disk dies. The monthly check "
    "of an array is no fault, and a mirror may differ where nothing is stored.",
    remedy="`mdadm --detail /dev/mdX` names the disk. Look at its SMART, have a backup that is young, replace it, and "
    "add the new one with `mdadm --manage /dev/mdX --add DEVICE`.",
)
