"""Reading a disc that was written: only then is what is on it a copy.

A disc comes from anywhere: no file system of it is mounted or read, its bytes are compared with those of the image.
"""

from __future__ import annotations

import stat
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import Damaged, Unavailable
from ops.core.names import Digest
from ops.core.quantity import Size, counted
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.interfaces.disc import Catalogue, Disc, DiscFacts, labelled
from ops.interfaces.outcome import CopyFacts
from ops.jobs.disc import catalogue, image
from ops.jobs.disc.catalogue import Collected
from ops.jobs.run.job import Ended, Outcome, ended, perform

ACT = "disc-read"
MEND = "docs/discs.md says how dvdisaster mends it; else the next `seawall disc make` stores what was on it again"
_DRIVES = "sr*"
_NAMED = 3  # of the files that are hurt


def drive() -> Path:
    """Return this machine's drive for discs; raise Unavailable when there is none, or several."""
    found = sorted(Path("/sys/class/block").glob(_DRIVES))
    if len(found) != 1:
        raise Unavailable(
            "not run: no burner: this machine has no drive for discs" if not found else "there are several drives",
            "name the drive, or read the disc elsewhere: docs/discs.md says how",
        )
    return Path("/dev", found[0].name)


def read(name: str, path: Path, kept: str) -> Ended:
    """Read a disc in a drive whole, or an image; a disc that is what was made is verified.

    kept: where it is going to lie. The exit code is 0 when it is good, 1 when not.
    """
    found, known = catalogue.collected(name), catalogue.known(name)
    label = image.label_of(path)
    disc = catalogue.labelled(known, label)
    is_disc = stat.S_ISBLK(path.stat().st_mode)

    def work() -> Outcome:
        announce(f"{label}: reading {Size(disc.bytes)}")
        if wrong := _wrong(path, disc):
            if is_disc:
                _damaged(found, known, disc, wrong)
            raise Damaged(f"{label} in {path}: {wrong}", MEND)
        if not is_disc:
            return _good(disc, f"the image {label} is what was made; it counts once the disc was read")
        return _verified(found, known, replace(disc, kept=kept or disc.kept, by=""))

    return _performed(found, work)


def told(name: str, label: str, sha256: str, by: str, kept: str) -> Ended:
    """Take a person's word for a disc that was read elsewhere: the SHA-256 of its bytes, and who says so."""
    found, known = catalogue.collected(name), catalogue.known(name)
    disc = catalogue.labelled(known, label)

    def work() -> Outcome:
        if sha256.strip().lower() != disc.sha256:
            raise Damaged(f"{label}: that is not the SHA-256 of what was made", MEND)
        return _verified(found, known, replace(disc, kept=kept or disc.kept, by=by))

    return _performed(found, work)


def _performed(found: Collected, work: object) -> Ended:
    outcome = perform(ACT, joined.act(ACT, found.name), found.name, found.policy.host, work)  # type: ignore[arg-type]
    return Ended.here(outcome, outcome.code)


def _wrong(path: Path, disc: Disc) -> str:
    """Return what is wrong with a disc; nothing when every byte is what was made."""
    try:
        if image.whole(path, disc.bytes) == disc.sha256:
            return ""
    except OSError as error:
        announce(f"{disc.label}: {error.strerror}")
    digests = {path: name for path in disc.files if Digest.fits(name := path.rpartition("/")[2])}
    hurt = [*image.damaged(path, disc.files, digests)]
    if not hurt:
        return "damaged, but no file of the repository is hurt; write it anew while it can be read"
    few = ", ".join(one.partition("/")[2] for one in hurt[:_NAMED])
    return f"damaged: of {counted(len(digests), 'file')}, {len(hurt)} are not what was stored, such as {few}"


def _good(disc: Disc, message: str) -> Outcome:
    facts = DiscFacts(discs=(disc.label,), bytes=disc.bytes, by=disc.by)
    return Outcome(Verdict.PASS, message, facts, facts)


def _verified(found: Collected, known: Catalogue, disc: Disc) -> Outcome:
    """Note that a disc is good; where all of its series are, the copies were made."""
    now = clock.now()
    told = replace(disc, verified=disc.verified or clock.iso(now), read=clock.iso(now), damaged="")
    after = _with(known, told)
    catalogue.keep(after)
    left = [one for one in after.of(disc.series) if not one.verified or one.damaged]
    if left:
        return _good(told, f"{disc.label} is what was made; still to be read: {labelled(left)}")
    if disc.series == after.series and (not disc.verified or disc.damaged):
        _made(found, after, now)
    return _good(told, f"{disc.label} is what was made; all discs of its series are good")


def _made(found: Collected, known: Catalogue, now: datetime) -> None:
    """State of each asset whose newest set is on the discs that its copy was made."""
    discs = known.of(known.series)
    newest = max(one.run for one in discs)
    copied = max(one.verified for one in discs if one.run == newest)
    for held in known.sets.get(newest, ()):
        if held.asset in found.copies:
            facts = CopyFacts(time=held.time, copied=copied, set=held.set, repository=found.name)
            message = f"set {held.set[:8]} of {held.time} is on {labelled(discs)}, which were read"
            _state(found, held.asset, now, Outcome(Verdict.PASS, message, facts, facts))


def _damaged(found: Collected, known: Catalogue, disc: Disc, wrong: str) -> None:
    """Note that a disc is damaged; where it had counted, no copy on the discs of its series counts any more."""
    now = clock.now()
    if not disc.verified:
        return  # it was badly written, and nothing rests on it
    catalogue.keep(_with(known, replace(disc, damaged=clock.iso(now))))
    if disc.series == known.series:
        for asset in found.copies:
            _state(found, asset, now, Outcome(Verdict.FAIL, f"{disc.label}: {wrong}", damaged=True))


def _state(found: Collected, asset: str, now: datetime, outcome: Outcome) -> None:
    ended("copy", joined.copy(asset, found.copies[asset]), asset, found.policy.host, now, outcome)


def _with(known: Catalogue, disc: Disc) -> Catalogue:
    discs: Sequence[Disc] = [disc if one.label == disc.label else one for one in known.discs]
    return replace(known, discs=tuple(discs))
