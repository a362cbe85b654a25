"""Searching the repositories that this machine keeps for files that no backup explains, and noting what was seen."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from ops.core import clock
from ops.core.errors import SeawallError, Unavailable, UsageError
from ops.core.names import Digest, HostName
from ops.core.printable import storable
from ops.core.quantity import Size, counted
from ops.core.verdict import Verdict
from ops.health.arrivals import findings, overbooked, room, use
from ops.interfaces import layout
from ops.interfaces.outcome import OutcomeFacts
from ops.interfaces.state import ARRIVALS, ArrivalsState, ForeignFile, KeptRepository, written
from ops.jobs.health.findings import join
from ops.jobs.host import folders, own_policy, state_files
from ops.jobs.run.job import Ended, Outcome, perform
from ops.jobs.run.systemd_unit import run_in_unit
from ops.keeper import foreign, leaving, repository
from ops.keeper import quota as quotas
from ops.keeper.repository import Stored
from ops.policy import HostPolicy, doors

UNIT = "seawall-arrivals.service"
MOST = 1000  # so many foreign files of a repository are noted; all of them are counted


def search() -> Ended:
    """Search and note, through the unit where a person starts it; the exit code is that of the verdict."""
    policy = demand_keeper()
    if ended := run_in_unit(UNIT, ARRIVALS, ended_code=Verdict.UNKNOWN.exit_code):
        return ended
    state = _looked(policy, noted(), clock.now().timestamp())
    state_files.write(ARRIVALS, state)
    return Ended(state.verdict.exit_code, written(state), text(state))


def accept(host: str, reason: str) -> Ended:
    """Trust every key that a client's repository has now, and its config, whoever made them, once that is recorded."""
    policy = demand_keeper()
    demand_client(policy, host)
    name, now = HostName(host), clock.now().timestamp()
    seen: dict[HostName, KeptRepository] = {}

    def work() -> Outcome:
        with repository.opened(folders.repositories(), host) as folder:
            keys = [one.name for one in repository.files(folder) if one.sort == layout.KEYS]
            seen[name] = KeptRepository(
                config=repository.config(folder),
                keys=tuple(Digest(key) for key in sorted(keys) if Digest.fits(key)),
                accepted=now,
            )
        count = counted(len(seen[name].keys), "key")
        return Outcome(Verdict.PASS, f"{count} and all that had arrived were accepted: {reason}", OutcomeFacts())

    outcome = perform("accept-arrivals", f"accept-arrivals-{host}", host, policy.host, work)
    if outcome.good:
        state_files.write(ARRIVALS, _looked(policy, {**noted(), **seen}, now))
    return Ended.here(outcome, outcome.code)


def demand_keeper() -> HostPolicy:
    """Return this machine's policy; raise UsageError when it keeps no repositories."""
    policy = own_policy.read()
    if not policy.clients:
        raise UsageError(f"{policy.host} keeps no repositories of others", "run this on a backup host")
    return policy


def demand_client(policy: HostPolicy, host: str) -> None:
    """Raise UsageError unless this machine keeps the repository of a machine."""
    if host not in policy.clients:
        raise UsageError(f"{policy.host} keeps no repository of {host!r}", f"known: {', '.join(policy.clients)}")


def foreign_now(policy: HostPolicy, host: str) -> list[ForeignFile]:
    """Return all foreign files that a client's repository has now, by what is noted of it."""
    known = noted().get(HostName(host), KeptRepository())
    return _seen(policy, host, known, clock.now().timestamp())[1]


def text(state: ArrivalsState) -> str:
    """Return the state for a person: a line for each repository, and below it each foreign file."""
    lines = []
    for host, one in state.repositories.items():
        verdict, quota = "fail" if one.count else "pass", list(room(one))
        used = f"; {use(one)}" if one.quota and not quota else ""
        lines.append(f"{verdict:<8} {host}: {counted(one.files, 'file')}, {one.count} foreign{used}")
        lines += [f"           {file.path} {file.why}" for file in one.foreign]
        lines += [f"warn     {host}: {note}" for note in one.notes]
        lines += [f"{verdict:<8} {host}: {said}" for verdict, said in quota]
    lines += [f"warn     {said}" for said in overbooked(state)]
    return storable("\n".join(lines))


def noted() -> dict[HostName, KeptRepository]:
    """Return what was noted of each repository; raise Unavailable when that can't be read."""
    state = state_files.read_all().get(ARRIVALS)
    if state is None:
        return {}
    if not isinstance(state, ArrivalsState):
        hint = "find out what happened to the file, remove it, and search again: the first keys are noted anew"
        raise Unavailable("what was noted of the repositories can't be read", hint)
    return dict(state.repositories)


def _looked(policy: HostPolicy, before: dict[HostName, KeptRepository], now: float) -> ArrivalsState:
    seen = {}
    for host in policy.clients:
        name = HostName(host)
        seen[name] = _seen(policy, host, before.get(name, KeptRepository()), now)[0]
    allowed = (doors.quota(policy, host) for host in policy.clients)
    state = ArrivalsState(
        host=policy.host,
        finished=clock.iso(clock.now()),
        verdict=Verdict.UNKNOWN,
        repositories=seen,
        quotas=sum(one.bytes for one in allowed if one),
        disk=shutil.disk_usage(folders.repositories()).total,
    )
    finding = join(list(findings(state)))
    return replace(state, verdict=finding.verdict, message=storable(finding.message))


def _seen(policy: HostPolicy, host: str, known: KeptRepository, now: float) -> tuple[KeptRepository, list[ForeignFile]]:
    """Return what is noted of a client's repository, and all its foreign files."""
    base = folders.repositories()
    if known.config is None and not _is_filled(Path(base, host)):
        return KeptRepository(), []  # it has none yet; whoever backs up judges that
    try:
        with repository.opened(base, host) as folder:
            stored, config = list(repository.files(folder)), repository.config(folder)
        made = leaving.made(base, host)  # a prune may write an index of packs that were there before
    except (SeawallError, OSError) as error:
        gone = ForeignFile(path=layout.CONFIG, why=f"can't be looked at: {error}")
        return replace(known, files=0, bytes=0, foreign=(gone,), count=1, notes=()), []
    noted = _trusted(stored, len(policy.clients[host]) + 1, known)  # its own key, and one for each reader
    quota, use = doors.quota(policy, host), quotas.use(stored, now)
    free = shutil.disk_usage(base).free
    left = min(free, max(0, quota.bytes - use.used)) if quota else free
    fresh = [
        one for one in stored if one.sort == layout.KEYS or (one.arrived > known.accepted and one.path not in made)
    ]
    found = [*_changed(known, config, {one.name for one in stored}), *foreign.foreign(fresh, noted, now)]
    return KeptRepository(
        config=known.config or config,
        keys=noted,
        accepted=known.accepted,
        judged=max([known.judged, *(one.arrived for one in stored if one.sort == layout.KEYS)]),
        files=len(stored),
        bytes=sum(one.size for one in stored),
        foreign=tuple(ForeignFile(path=storable(one.path), why=one.why) for one in found[:MOST]),
        count=len(found),
        notes=tuple(_notes(stored, now, left, "its quota" if left < free else "the disk of all repositories")),
        quota=quota.bytes if quota else 0,
        used=use.used,
        daily=use.daily,
    ), found


def _is_filled(folder: Path) -> bool:
    """Whether something lies in a folder; the role makes that of a new client, whose server sees nothing else."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except FileNotFoundError:
        return False
    except OSError:
        return True  # what it is will show


def _trusted(stored: Collection[Stored], expected: int, known: KeptRepository) -> tuple[Digest, ...]:
    """Return the keys that are trusted: those that were, and as many more as the policy asks for, the first that came.

    A key that a search has judged already is no more among those: it was named foreign then, and a reader whom the
    policy names later has a later key.
    """
    before = {*known.keys, *(one.path.rpartition("/")[2] for one in known.foreign)}  # all that an older state tells
    late = [one for one in stored if one.arrived > known.judged and one.name not in before]
    return (*known.keys, *foreign.keys_at_first(late, max(0, expected - len(known.keys))))


def _notes(stored: Collection[Stored], now: float, left: int, of: str) -> Iterator[str]:
    """Yield what is unusual about a repository, and yet may be a busy day. left: the bytes that are, and of what."""
    for one in foreign.unusual(stored, now):
        yield f"{one.files} files arrived in {one.sort}/ in a day; {one.usual:.0f} is usual"
    if grown := foreign.filling(stored, now, left):
        days = "less than a day" if grown.left < 1 else f"{grown.left:.0f} days"
        much = f"{Size(grown.bytes)} arrived in a day; {Size(grown.usual)} is usual"
        yield f"{much}: at this pace {of} is full in {days}"


def _changed(known: KeptRepository, config: Digest, names: set[str]) -> list[ForeignFile]:
    """Return what was there and is there no more, or is another one."""
    found = [
        ForeignFile(path=f"{layout.KEYS}/{key}", why="was there, and is gone") for key in known.keys if key not in names
    ]
    if known.config not in (None, config):
        found.append(ForeignFile(path=layout.CONFIG, why="is another one: the repository was made anew"))
    return found
