"""Bringing back from a disc, or from its image, what was lost or damaged where a repository is collected.

A disc comes from anywhere: no file system of it is mounted or read. Each file is taken from where the catalogue has it,
and only if it has the SHA-256 that is its name. The folder belongs to the account that adds to it: root goes there by
descriptors, and what is damaged is moved aside, beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.core import clock, plain_file
from ops.core.announce import announce
from ops.core.document import read_file
from ops.core.errors import Damaged, SeawallError, UsageError
from ops.core.names import Digest
from ops.core.quantity import counted
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.interfaces.disc import REPOSITORY, Disc
from ops.interfaces.keeper_outcome import HealFacts
from ops.interfaces.layout import CONFIG
from ops.jobs.disc import catalogue, image
from ops.jobs.disc.catalogue import Collected
from ops.jobs.heal.damage import GONE
from ops.jobs.heal.here import STAMP
from ops.jobs.run.job import Ended, Outcome, perform
from ops.keeper import aside, repository

ACT = "heal"
_CONFIG_BYTES = 1 << 16


@dataclass(frozen=True)
class Looked:
    """What a disc can bring back. path: the drive, or the image.

    wrong: what is wrong with each file that is collected, and is on this disc. lost: those that it does not hold as
    they were stored.
    """

    found: Collected
    disc: Disc
    path: Path
    wrong: Mapping[str, str]
    lost: frozenset[str]

    def lines(self) -> Iterator[str]:
        """Yield what a person is told."""
        if not self.wrong:
            yield f"nothing that is on {self.disc.label} is damaged or gone in {self.found.folder}"
        for path, wrong in self.wrong.items():
            back = "is damaged on this disc, too" if path in self.lost else "comes back as it was"
            yield f"{path} {wrong}: {back}"


def looked(name: str, path: Path) -> Looked:
    """Read what is collected of all that a disc holds, and the disc where that is damaged or gone; change nothing.

    Raise UsageError for a disc that the catalogue does not know, Damaged for one of another repository.
    """
    found = catalogue.collected(name)
    disc = catalogue.labelled(catalogue.known(name), image.label_of(path))
    _demand_same(found, disc, path)
    files = sorted(one.removeprefix(f"{REPOSITORY}/") for one in disc.files if one.startswith(f"{REPOSITORY}/"))
    announce(f"{disc.label}: reading in {found.folder} what is on it")
    named = [one for one in files if Digest.fits(_name(one))]
    wrong = {one: why for one in named if (why := found.place.fault(one))}
    lost = image.damaged(path, disc.files, {f"{REPOSITORY}/{one}": _name(one) for one in wrong})
    return Looked(found, disc, path, wrong, frozenset(one.removeprefix(f"{REPOSITORY}/") for one in lost))


def recover(plan: Looked, reason: str, approver: str) -> Ended:
    """Bring back what the disc holds; the exit code is 0 when nothing that is on it is damaged or gone any more.

    Raise UsageError without a reason and an approver.
    """
    if not (reason.strip() and approver.strip()):
        raise UsageError("bringing files back requires a reason and an approver", "--reason TEXT --approver WHO")
    found = plan.found

    def work() -> Outcome:
        move = _brought(plan) if plan.wrong.keys() - plan.lost else ""
        back = len(plan.wrong) - len(plan.lost)
        facts = HealFacts(
            repository=found.name,
            source=plan.disc.label,
            damaged=len(plan.wrong),
            healed=back,
            aside=move,
            reason=reason,
            approver=approver,
        )
        message = f"{counted(back, 'file')} of {found.name} came back from {plan.disc.label}"
        if move:
            message += f"; what was damaged is set aside as {move}"
        if plan.lost:
            return Outcome(
                Verdict.FAIL, f"{message}; {counted(len(plan.lost), 'file')} of it can't be read", None, facts
            )
        return Outcome(Verdict.PASS, f"{message}: {reason}", facts, facts)

    outcome = perform(ACT, joined.act(ACT, found.name), found.name, found.policy.host, work)
    return Ended.here(outcome, outcome.code)


def _demand_same(found: Collected, disc: Disc, path: Path) -> None:
    """Raise Damaged where the disc holds a part of another repository than the one that is collected."""
    here = found.folder / CONFIG
    try:
        content = read_file(here, _CONFIG_BYTES, str(here))
    except FileNotFoundError as error:
        raise Damaged(f"{here} is gone", f"seawall heal {found.name} brings it back where it was kept") from error
    if _content(path, disc, CONFIG) != content:
        hint = "was it made anew since? docs/heal.md says how it comes back whole; a disc that can't be read is mended"
        raise Damaged(f"{disc.label} in {path} is no part of the repository in {found.folder}", hint)


def _content(path: Path, disc: Disc, name: str) -> bytes:
    """Return the bytes that lie where the catalogue has a file; none where they can't be read."""
    start, size = disc.files.get(f"{REPOSITORY}/{name}", (0, 0))
    try:
        return image.content(path, start, size)
    except OSError:
        return b""


def _brought(plan: Looked) -> str:
    """Move what is damaged aside, and store what the disc holds in its place; return the name of the move, if any."""
    base, host = plan.found.folder.parent, plan.found.folder.name
    wanted = sorted(plan.wrong.keys() - plan.lost)
    damaged = [one for one in wanted if plan.wrong[one] != GONE]
    move = aside.begin(base, host, clock.now().strftime(STAMP)) if damaged else ""
    if damaged:
        aside.damaged(base, host, move, damaged)
    announce(f"bringing {counted(len(wanted), 'file')} back")
    with repository.opened(base, host) as there:
        for one in wanted:
            _put(there, one, _content(plan.path, plan.disc, one))
    for one in wanted:
        if wrong := plan.found.place.fault(one):
            raise Damaged(f"{one}, which was just stored, {wrong}", "look at the disk and memory of this machine")
    return move


def _put(there: int, path: str, content: bytes) -> None:
    if hashlib.sha256(content).hexdigest() != _name(path):
        raise SeawallError(f"{path} could be read on the disc, and can't any more", "run the same command again")
    try:
        _folders(there, path.rpartition("/")[0])
        with repository.folder_of(there, path) as (folder, name):
            plain_file.put(folder, name, content)
    except OSError as error:
        raise SeawallError(f"{path} can't be stored: {error.strerror}", "look at its disk") from error


def _folders(there: int, path: str) -> None:
    """Make the folders of a file that are gone, for whom the repository belongs to."""
    first, _, rest = path.partition("/")
    plain_file.own_folder(there, first)
    if rest:
        with repository.folder_in(there, first) as folder:
            _folders(folder, rest)


def _name(path: str) -> str:
    return path.rpartition("/")[2]
