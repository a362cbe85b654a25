"""Making images of what is on no disc yet, each read back before it counts."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import Damaged, UsageError
from ops.core.files import demand_room, sync_file_system
from ops.core.names import Digest, Name, SetId
from ops.core.own_folder import own_folder
from ops.core.quantity import Size, counted
from ops.core.verdict import Verdict
from ops.interfaces.disc import PACKS, SECTOR, Catalogue, Disc, DiscFacts, Held, labelled
from ops.interfaces.joined import act
from ops.jobs.disc import catalogue, contents, image, page
from ops.jobs.disc.catalogue import Collected
from ops.jobs.disc.contents import File
from ops.jobs.run.job import Ended, Outcome, perform
from ops.restic.sets import complete

ACT = "disc"
_OTHERS = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True)
class Planned:
    """Discs that are to be made. labels: of each; packs: the new files of each; sets: the newest of each asset."""

    before: Catalogue
    series: int
    labels: Sequence[str]
    discs: Sequence[Sequence[File]]
    sets: Sequence[Held]

    def amount(self, index: int) -> int:
        """Return how many bytes of packs come onto one of them."""
        return sum(one.bytes for one in self.discs[index] if one.path.startswith(PACKS))


def planned(name: str, *, anew: bool, again: bool) -> tuple[Collected, Planned]:
    """Return what would be made.

    anew: whether a new series begins, which holds everything. again: whether discs that were made and never read are
    forgotten. Raise UsageError when there are such discs, or nothing is new.
    """
    found, before = catalogue.collected(name), catalogue.known(name)
    if again:
        before = replace(before, discs=tuple(one for one in before.discs if one.verified))
    if before.waiting:
        raise UsageError(
            f"{labelled(before.waiting)}: made, and not read since",
            f"seawall disc verify {name} /dev/sr0 for each, or begin them again with --again",
        )
    sets = [*_held(found)]
    files = contents.of_repository(found.folder)
    series = before.series + 1 if anew else max(before.series, 1)
    there = [one for one in before.of(series) if not one.damaged]
    if not contents.new_snapshots(files, (one.files for one in there)):
        raise UsageError(f"nothing in {name} is new since the last discs", "--anew begins discs with everything")
    done = {pack for one in there for pack in one.packs}
    common = [contents.program()]
    discs = contents.split(files, done, common, found.options.sectors, found.options.correction)
    last = max((one.number for one in before.of(series)), default=0)
    labels = [_label(found, series, last + number) for number in range(1, len(discs) + 1)]
    return found, Planned(before, series, labels, discs, sets)


def make(found: Collected, plan: Planned, to: Path) -> Ended:
    """Make the images in a folder, and write down what is on which; the discs count once they were read."""

    def work() -> Outcome:
        _demand_roots(to)
        demand_room(to, len(plan.discs) * found.options.sectors * SECTOR, "the images")
        run = clock.iso(clock.now())
        with own_folder(to, ".making-") as scratch:
            made = [_one(found, plan, index, run, scratch, to) for index in range(len(plan.discs))]
            sync_file_system(to)
        sets = {**plan.before.sets, run: tuple(plan.sets)}
        catalogue.keep(replace(plan.before, discs=(*plan.before.discs, *made), sets=sets))
        size = sum(one.bytes for one in made)
        words = f"{counted(len(made), 'image')} of {Size(size)} in {to}: {labelled(made)}"
        message = f"{words}; write each to a disc and read it: seawall disc verify {found.name} /dev/sr0"
        facts = DiscFacts(discs=tuple(plan.labels), bytes=size)
        return Outcome(Verdict.PASS, message, facts, facts)

    outcome = perform(ACT, act(ACT, found.name), found.name, found.policy.host, work)
    return Ended.here(outcome, outcome.code)


def _one(found: Collected, plan: Planned, index: int, run: str, scratch: Path, to: Path) -> Disc:
    label = plan.labels[index]
    announce(f"{label}: {counted(len(plan.discs[index]), 'file')}, {Size(plan.amount(index))} of data")
    files = [*plan.discs[index], contents.config(found.folder, scratch), contents.program()]
    files += _texts(found, plan, index, run, scratch, files)
    path = scratch / f"{label}.iso"
    places = image.make(path, label, files, found.options.sectors, found.options.correction)
    size = path.stat().st_size
    sha256 = Digest(image.whole(path, size))
    path.replace(to / path.name)
    number = int(label.rpartition("_")[2])
    return Disc(label=label, number=number, series=plan.series, run=run, bytes=size, sha256=sha256, files=places)


def _texts(
    found: Collected, plan: Planned, index: int, run: str, scratch: Path, files: Sequence[File]
) -> Iterator[File]:
    """Yield the pages of a disc, the sums of all other files last."""
    earlier = [one for one in plan.before.of(plan.series) if not one.damaged]
    every = [*(one.label for one in earlier), *plan.labels]
    amounts = [plan.amount(one) for one in range(len(plan.discs))]
    host, correction = found.policy.host, found.options.correction
    texts = {
        page.RESTORE: page.restore(plan.labels[index], every, found.name, host, correction),
        page.CATALOGUE: page.catalogue(run, earlier, plan.labels, amounts, plan.sets),
    }
    done = [*files]
    for name, text in texts.items():
        done.append(_written(scratch / name, text))
        yield done[-1]
    sums = "".join(f"{one.sha256}  {one.path}\n" for one in done)
    yield _written(scratch / page.SUMS, sums)


def _written(path: Path, text: str) -> File:
    path.write_text(text, encoding="utf-8")
    return contents.named(path.name, path)


def _held(found: Collected) -> Iterator[Held]:
    """Yield the newest set of each asset that was collected; raise Damaged when there is none at all."""
    found.place.reach()
    listed = found.place.repository.snapshots()
    newest = [counting[-1] for asset in found.copies if (counting := complete(listed, asset, clock.now()).counting)]
    if not newest:
        raise Damaged(f"{found.name} has no complete set", f"seawall copy {next(iter(found.copies))} --to {found.name}")
    for one in newest:
        yield Held(asset=Name(one.asset), set=SetId(one.id), time=clock.iso(one.time))


def _label(found: Collected, series: int, number: int) -> str:
    """Return the name of a disc, in the few letters that a file system may have for one."""
    host = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in found.policy.host.upper())
    return f"{host[:12]}_{found.name.upper()[:10]}_{series}_{number:03}"


def _demand_roots(to: Path) -> None:
    """Demand a folder into which nobody else can put a link or another image."""
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    seen = to.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.geteuid() or seen.st_mode & _OTHERS:
        raise UsageError(f"others may write to {to}", "choose a folder of root's; it is made if it is missing")
