"""Which files may be deleted, by what the policy demands of each asset; and of every other one what is missing."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ops.core import clock
from ops.core.errors import UsageError
from ops.core.quantity import counted
from ops.jobs.deletable.comparing import Compared, compared
from ops.jobs.deletable.covering import Cover, covers, uncovered
from ops.jobs.deletable.holding import holders
from ops.jobs.deletable.leases import WRITTEN_TO, written_to
from ops.jobs.deletable.looking import File, Seen, look, resolved, told_as
from ops.jobs.host import own_policy
from ops.policy import HostPolicy
from ops.policy.deletable import Deletable
from ops.restic import versions


@dataclass(frozen=True, slots=True)
class Judged:
    """A file. asset: that holds it; empty where none does. missing: what is; empty for one that may be deleted."""

    file: File
    asset: str
    missing: str

    @property
    def deletable(self) -> bool:
        """Whether it may be deleted."""
        return not self.missing


@dataclass(frozen=True)
class Verdicts:
    """What was found: each file with its verdict, and what else lies there, by path, and why it stays.

    time: when it was begun. compared: by asset, what each of its repositories says.
    """

    policy: HostPolicy
    time: datetime
    files: Sequence[Judged]
    passed: Mapping[str, str]
    compared: Mapping[str, Sequence[Compared]]

    @property
    def deletable(self) -> list[Judged]:
        """Those that may be deleted."""
        return [one for one in self.files if one.deletable]


def demand_root() -> None:
    """Raise UsageError for anybody but root; where another root is set, tests act in its place."""
    if os.geteuid() != 0 and "SEAWALL_ROOT" not in os.environ:
        raise UsageError("only root may say which files can be deleted", "sudo seawall deletable ...")


def judge(paths: Sequence[str], *, read: bool) -> Verdicts:
    """Return what lies below some paths, each plain file with what keeps it, or nothing.

    read: whether the bytes of the files are read from each repository now. Raise UsageError for a path that is not
    there, or is a link; SeawallError when there is no policy or no restic.
    """
    demand_root()
    policy = own_policy.read()
    versions.demand()
    places = [resolved(path) for path in paths]
    seen = look(places, (now := clock.now()).timestamp())
    seen.writing = frozenset(written_to(seen.files))
    known = [cover for cover in covers(policy) if any(cover.meeting(path) for path in places)]
    evidence = {name: _evidence(policy, name, known, places, seen, read) for name in _assets(known)}
    none = uncovered(policy)
    files = [_judged(policy, known, evidence, seen, number, none) for number in range(len(seen.files))]
    return Verdicts(policy, now, files, seen.passed, evidence)


def _assets(known: Sequence[Cover]) -> list[str]:
    return list(dict.fromkeys(cover.asset for cover in known))


def _evidence(
    policy: HostPolicy, name: str, known: Sequence[Cover], places: Sequence[str], seen: Seen, read: bool
) -> list[Compared]:
    """Return what each repository of an asset says of its files."""
    own = [cover for cover in known if cover.asset == name]
    wanted = {(cover.label, part) for cover in own for path in places if (part := cover.meeting(path))}
    return [compared(one, sorted(wanted), seen, read=read) for one in holders(policy, name, policy.assets[name])]


def _judged(
    policy: HostPolicy,
    known: Sequence[Cover],
    evidence: Mapping[str, Sequence[Compared]],
    seen: Seen,
    number: int,
    none: str,
) -> Judged:
    """Return the verdict on one file: what one asset proves is enough."""
    file = seen.files[number]
    first: Judged | None = None
    for cover in known:
        if cover.holds(file.path):
            missing = _missing(policy.assets[cover.asset].deletable, cover, evidence[cover.asset], seen, number)
            one = Judged(file, cover.asset, missing)
            if one.deletable:
                return one
            first = first or one
    return first or Judged(file, "", none)


def _missing(demand: Deletable, cover: Cover, found: Sequence[Compared], seen: Seen, number: int) -> str:
    """Return what is missing for a file to be deleted, empty when nothing is."""
    file = seen.files[number]
    proven = [one.holder for one in found if number in one.proven]
    elsewhere = sum(one.elsewhere for one in proven)
    if len(proven) >= demand.copies and elsewhere >= demand.elsewhere:
        if file.path in seen.writing:
            return WRITTEN_TO
        return "" if file.settled else "changed at this very moment"
    whys: dict[str, list[str]] = {}
    for one in found:
        if number not in one.proven:
            whys.setdefault(_why(one, cover, seen, number), []).append(one.holder.name)
    if whys:
        return "; ".join(f"{why} ({', '.join(names)})" for why, names in whys.items())
    return (
        f"in {counted(len(proven), 'verified copy', 'verified copies')}, {elsewhere} of them elsewhere; "
        f"the policy demands {demand.copies}, {demand.elsewhere} of them elsewhere"
    )


def _why(one: Compared, cover: Cover, seen: Seen, number: int) -> str:
    path = seen.files[number].path
    if one.missing:
        return one.missing
    if number in one.differing:
        return "changed after its backup"
    if cover.excludes(path):
        return f"left out by a pattern of {cover.asset}"
    if seen.told.get(told_as(path)) != number:
        return "its name can't be told from that of another file"
    if cover.label not in one.holder.parts:
        return f"the set does not hold {cover.label}"
    return "not in its newest verified set"
