"""Disks by what they say of themselves (SMART of SATA, SAS and NVMe): about to fail, worn out, or worse than before.

Counts such as of moved sectors are compared with those when the disk was first seen: many disks work for years with
a few, and one whose count grows is on its way. Counts that grow without a fault, as an NVMe's log of errors, are left
out.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ops.core.errors import Damaged
from ops.core.limits import demand_between
from ops.core.quantity import Duration, Percent
from ops.core.schema import Plain
from ops.core.verdict import Finding, Verdict
from ops.health import _devices
from ops.health._devices import at, rows, word
from ops.health._notes import mapping, number
from ops.interfaces.check import Check, CheckContext
from ops.interfaces.devices import FILE

DAY = 86_400
LONGEST = Duration(3 * 366 * DAY)
FORGOTTEN = 400 * DAY  # after which a disk that is not seen any more is forgotten
FAILING, AT_LIMIT = 1 << 3, 1 << 4  # of smartctl's exit code: see smartctl(8)
# What of an ATA disk is compared: sectors moved, errors that nothing corrected, sectors waiting, sectors lost.
ATTRIBUTES = {5: "moved sectors", 187: "uncorrected errors", 197: "pending sectors", 198: "lost sectors"}
ATTRIBUTES |= {199: "errors of the cable"}
WARNINGS = (
    "spare is low",
    "too hot or too cold",
    "unreliable",
    "read-only",
    "backup of memory failed",
    "memory unreliable",
)


@dataclass(frozen=True)
class Options:
    """Which disks, and when one is worn.

    at_least: how many disks must tell of themselves; one that is gone is told by this.
    ignore: patterns of places, models or serial numbers of disks that are not looked at, such as /dev/sdz or *Virtual*.
    worn_warn_from: share of its life that an SSD has used, by its own account, from which the check warns.
    told_for: how long a count that grew is told; then it is what later ones are compared with.
    """

    at_least: int = 1
    ignore: tuple[str, ...] = ()
    worn_warn_from: Percent = Percent(90)
    told_for: Duration = Duration(30 * DAY)

    def __post_init__(self) -> None:
        demand_between("at_least", self.at_least, 0, 1000)
        demand_between("told_for", self.told_for, Duration(DAY), LONGEST)


@dataclass(frozen=True)
class Disk:
    """A disk by its own account. name: for people. key: by which it is known again, wherever it is plugged in.

    healthy: its own verdict, None where it has none. troubles: what it says that it fails of. counts: of errors, by
    name. worn: per cent of its life. spare, spare_limit: per cent.
    """

    name: str
    key: str
    healthy: bool | None
    troubles: tuple[str, ...] = ()
    counts: Mapping[str, float] = field(default_factory=dict)
    worn: float | None = None
    spare: float | None = None
    spare_limit: float | None = None
    celsius: float | None = None


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Judge each disk that root's look asked; one of which nothing can be read hides no other."""
    seen, now, count = _devices.seen(context.now, Path(FILE)), context.now.timestamp(), 0
    for place, text in seen.disks.items():
        try:
            report = _devices.report(text, place)
        except Damaged as error:
            yield Finding(Verdict.UNKNOWN, f"{place}: {error.message}", subject=place)
            continue
        names = (place, word(report.get("model_name")), word(report.get("serial_number")))
        if any(fnmatch.fnmatchcase(name, pattern) for name in names for pattern in options.ignore):
            continue
        disk = decoded(place, report)
        count += disk.healthy is not None
        grown = compared(context.notes, disk, now, options.told_for.seconds)
        yield judge(options, disk, grown)
    yield from (Finding(Verdict.UNKNOWN, word(one, 200)) for one in seen.troubles)
    if count < options.at_least:
        wanted = f"{count} of {options.at_least} disks tell of themselves"
        yield Finding(Verdict.FAIL if count else Verdict.UNKNOWN, wanted)
    elif not seen.disks and not seen.troubles:
        yield Finding(Verdict.PASS, "no disk is here, and none need be")


def decoded(place: str, report: Mapping[str, Plain]) -> Disk:
    """Given what smartctl prints of a disk, as JSON, return what it says; what is missing there is not known."""
    model = word(report.get("model_name")) or word(at(report, "scsi_model_name")) or "unknown model"
    serial = word(report.get("serial_number"))
    code = int(number(at(report, "smartctl", "exit_status")) or 0)
    passed = at(report, "smart_status", "passed")
    healthy = passed if isinstance(passed, bool) else None
    troubles = ["it says that it is about to fail"] if healthy is False or code & FAILING else []
    if code & AT_LIMIT:
        troubles.append("a figure is at the limit of its maker")
    log = at(report, "nvme_smart_health_information_log")
    warning = int(number(at(log, "critical_warning")) or 0)
    troubles += [text for bit, text in enumerate(WARNINGS) if warning & (1 << bit)]
    return Disk(
        name=f"{place.partition(' ')[0]} ({model})",
        key=f"{model} {serial}" if serial else f"{model} {place}",
        healthy=False if troubles else healthy,
        troubles=tuple(troubles),
        counts=_counts(report),
        worn=_first(at(log, "percentage_used"), at(report, "endurance_used", "current_percent")),
        spare=number(at(log, "available_spare")),
        spare_limit=number(at(log, "available_spare_threshold")),
        celsius=number(at(report, "temperature", "current")),
    )


def _first(*values: Plain) -> float | None:
    return next((found for value in values if (found := number(value)) is not None), None)


def _counts(report: Mapping[str, Plain]) -> dict[str, float]:
    """Return the counts of errors that a disk of any sort keeps; of several in a raw value the last is it."""
    found = {}
    for row in rows(at(report, "ata_smart_attributes", "table")):
        name = ATTRIBUTES.get(int(number(row.get("id")) or 0))
        raw = number(at(row, "raw", "value"))
        if name and raw is not None:
            found[name] = float(int(raw) & 0xFFFFFFFF)
    for name, value in (
        ("errors of the medium", at(report, "nvme_smart_health_information_log", "media_errors")),
        ("moved sectors", at(report, "scsi_grown_defect_list")),
        ("errors in reading", at(report, "scsi_error_counter_log", "read", "total_uncorrected_errors")),
        ("errors in writing", at(report, "scsi_error_counter_log", "write", "total_uncorrected_errors")),
    ):
        if (count := number(value)) is not None:
            found.setdefault(name, count)
    return found


def compared(notes: dict[str, Plain], disk: Disk, now: float, told_for: float) -> dict[str, tuple[float, float]]:
    """Note a disk's counts, and return which grew: by name, from what to what.

    A count that did not grow further for a time is what later ones are compared with.
    """
    for key in [key for key, one in notes.items() if now - (number(mapping(one).get("seen")) or 0.0) > FORGOTTEN]:
        del notes[key]
    known = mapping(notes.get(disk.key))
    first, last = mapping(known.get("first")), mapping(known.get("last"))
    since = number(known.get("since")) or now
    if any(count > (number(last.get(name)) or 0.0) for name, count in disk.counts.items() if name in last):
        since = now
    if not first or now - since > told_for:
        first, since = dict(disk.counts), now
    before = {name: _first(first.get(name), disk.counts[name]) or 0.0 for name in disk.counts}
    notes[disk.key] = {"first": before, "last": dict(disk.counts), "since": since, "seen": now}
    return {name: (before[name], count) for name, count in disk.counts.items() if count > before[name]}


def judge(options: Options, disk: Disk, grown: Mapping[str, tuple[float, float]]) -> Finding:
    """Judge a disk by what it says and by which of its counts grew."""
    figures = {
        name: value for name, value in (("worn_percent", disk.worn), ("celsius", disk.celsius)) if value is not None
    }
    bad = [*disk.troubles]
    if disk.spare is not None and disk.spare_limit and disk.spare < disk.spare_limit:
        bad.append(f"{disk.spare:.0f}% spare left, limit {disk.spare_limit:.0f}%")
    odd = [f"{name} grew from {before:.0f} to {count:.0f}" for name, (before, count) in grown.items()]
    if disk.worn is not None and disk.worn >= options.worn_warn_from.value:
        odd.append(f"{disk.worn:.0f}% worn")
    if bad or disk.healthy is False:
        return Finding(Verdict.FAIL, f"{disk.name}: {', '.join([*bad, *odd])}", figures, subject=disk.name)
    if odd:
        return Finding(Verdict.WARN, f"{disk.name}: {', '.join(odd)}", figures, subject=disk.name)
    if disk.healthy is None:
        message = f"{disk.name} does not say how it is; ignore it in the policy if it can't"
        return Finding(Verdict.UNKNOWN, message, figures, subject=disk.name)
    return Finding(Verdict.PASS, f"{disk.name} is well", figures, subject=disk.name)


KIND = Check(
    Options,
    probe,
    devices=True,
    synonyms=("smartctl", "nvme", "disk_health", "smartd"),
    why="Many disks tell of their end weeks before. Their own verdict comes late; a count of moved sectors that grows "
    "comes earlier, and one that has stood at three for years is nothing.",
    remedy="Look that the backup is young and that the RAID is whole, order a disk today, and replace it. `smartctl "
    "-x DEVICE` shows all that it says; errors of the cable often end with another cable.",
)
