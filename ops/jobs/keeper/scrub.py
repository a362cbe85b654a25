"""Reading the repositories that this machine keeps again and again, without a key, and noting what is damaged.

The name of a file of a repository is the SHA-256 of its content, so that nobody needs a key to see whether it still is
what was stored. What is new is read first, then what was not read for the longest time.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import SeawallError, Unavailable
from ops.core.names import HostName
from ops.core.printable import storable
from ops.core.quantity import Size, counted
from ops.core.verdict import Verdict
from ops.health.scrub import Options, coverage, findings
from ops.interfaces import layout
from ops.interfaces.outcome import OutcomeFacts
from ops.interfaces.state import SCRUB, DamagedFile, ScrubbedRepository, ScrubState, written
from ops.jobs.health.findings import join
from ops.jobs.host import folders, state_files
from ops.jobs.keeper.arrivals import demand_client, demand_keeper, noted
from ops.jobs.run.job import Ended, Outcome, perform
from ops.jobs.run.systemd_unit import run_in_unit
from ops.keeper import aside, leaving, reading, readings, repository, spares
from ops.keeper.reading import Pace
from ops.keeper.readings import Known, Readings
from ops.keeper.repository import Stored
from ops.policy import HostPolicy

UNIT = "seawall-scrub.service"
MEMORY, SPARES = "scrub.sqlite", "spares"
MOST = 1000  # so many damaged files of a repository are noted; all of them are counted
DAY = 86_400.0
READ = frozenset({layout.DATA, layout.INDEX, layout.SNAPSHOTS, layout.KEYS})  # locks come and go
TELL_EVERY = 60.0


def scrub() -> Ended:
    """Read and note, through the unit where a person starts it; the exit code is that of the verdict."""
    policy = demand_keeper()
    if ended := run_in_unit(UNIT, SCRUB, ended_code=Verdict.UNKNOWN.exit_code):
        return ended
    state = _scrubbed(policy, state_before())
    state_files.write(SCRUB, state)
    return Ended(state.verdict.exit_code, written(state), text(state))


def accept(host: str, reason: str) -> Ended:
    """Let the files of a client that are gone be gone, once that is recorded; then scrub."""
    policy = demand_keeper()
    demand_client(policy, host)
    name, before = HostName(host), state_before()
    if before is None or name not in before.repositories:
        raise Unavailable(f"nothing of {host} was read yet", "seawall repository scrub")

    def work() -> Outcome:
        return Outcome(Verdict.PASS, f"the files of {host} that are gone may be: {reason}", OutcomeFacts())

    outcome = perform("accept-scrub", f"accept-scrub-{host}", host, policy.host, work)
    if not outcome.good:
        return Ended.here(outcome, outcome.code)
    seen = {**before.repositories, name: replace(before.repositories[name], accepted=True)}
    state_files.write(SCRUB, replace(before, repositories=seen))
    return scrub()


def text(state: ScrubState) -> str:
    """Return the state for a person: a line for each repository, and below it each damaged file."""
    lines = []
    for host, one in state.repositories.items():
        verdict = "fail" if one.count or one.trouble else "warn" if one.late else "pass"
        said = one.trouble or f"{counted(one.files, 'file')}, {coverage(one)} of {Size(one.bytes)} read in the period"
        lines.append(f"{verdict:<8} {host}: {said}, {one.count} damaged")
        lines += [f"           {file.path} {file.why}" for file in one.damaged]
    return storable("\n".join(lines))


def state_before() -> ScrubState | None:
    """Return what the last scrub noted; None where there is none that can be read."""
    state = state_files.read_all().get(SCRUB)
    return state if isinstance(state, ScrubState) else None


def _scrubbed(policy: HostPolicy, before: ScrubState | None) -> ScrubState:
    """Read for as long as the policy allows, and return how far all was read."""
    options = policy.checks[SCRUB].options
    with readings.opened(folders.state() / "state" / MEMORY) as memory, ExitStack() as stack:
        memory.keep(policy.clients)
        accepted = {host for host, one in before.repositories.items() if one.accepted} if before else set()
        gone = {client: memory.gone(client, _end(before)) for client in accepted}
        for client, paths in gone.items():
            memory.forget(client, paths)
        places, troubles = _listed(policy, memory, stack)
        for host, place in places.items():
            _keep(host, place, gone.get(HostName(host), ()))
        _Reader(memory, places, options).read()
        seen = {HostName(host): _noted(memory, host, options) for host in policy.clients}
    for host, trouble in troubles.items():
        seen[HostName(host)] = replace(seen[HostName(host)], trouble=trouble)
    now = clock.now()
    state = ScrubState(
        host=policy.host,
        finished=clock.iso(now),
        verdict=Verdict.UNKNOWN,
        every=options.every.seconds,
        repositories=seen,
    )
    finding = join(list(findings(state, now)))
    return replace(state, verdict=finding.verdict, message=storable(finding.message))


def _end(before: ScrubState | None) -> float:
    """Return when a scrub had ended: what a later one that was killed found gone is not in the state of this one."""
    try:
        return clock.parse(before.finished).timestamp() + 1 if before else 0.0  # it is told in whole seconds
    except ValueError:
        return 0.0


def _listed(policy: HostPolicy, memory: Readings, stack: ExitStack) -> tuple[dict[str, int], dict[str, str]]:
    """List each client's repository; return the descriptors of their folders, and why others can't be listed."""
    places: dict[str, int] = {}
    troubles: dict[str, str] = {}
    base = folders.repositories()
    for host in policy.clients:
        if not (base / host).exists() and not memory.sums(host, 0, 0).files:
            continue  # it has none yet; whoever backs up judges that
        try:
            place = stack.enter_context(repository.opened(base, host))
            _list(memory, host, place)
        except (SeawallError, OSError) as error:
            troubles[host] = storable(str(error))
        else:
            places[host] = place
    return places, troubles


def _list(memory: Readings, host: str, place: int) -> None:
    """Note which files a repository has; those that a person set aside, or that have left it, are none of it."""
    memory.listed(host, (one for one in repository.files(place) if _is_read(one)), clock.now().timestamp())
    if gone := set(memory.gone(host, math.inf)):
        base = folders.repositories()
        memory.forget(host, gone & (aside.held(base, host) | leaving.held(base, host) | leaving.withdrawn(base, host)))


def _keep(host: str, place: int, gone: Sequence[str]) -> None:
    """Keep besides what is small and can't be made anew; what has left, or may be gone by a person's word, no longer.

    What comes back is kept again; otherwise there would be no room for new ones some day.
    """
    base, known = folders.state() / "state" / SPARES, noted().get(HostName(host))
    try:
        spares.made(base, host)
        with spares.kept(base, host) as kept:
            stored = [*repository.files(place)]
            left = {*gone, *leaving.held(folders.repositories(), host)}
            kept.forget(left - {one.path for one in stored})
            kept.keep(place, stored, known.config if known else None)
    except (SeawallError, OSError) as error:
        announce(f"{host}: not all of its snapshots and keys are kept besides: {storable(str(error))}")


def _is_read(one: Stored) -> bool:
    return one.sort in READ and repository.UPLOAD not in one.name


def _noted(memory: Readings, host: str, options: Options) -> ScrubbedRepository:
    now = clock.now().timestamp()
    sums = memory.sums(host, since=now - options.every.seconds, late=now - DAY)
    wrong, count = memory.wrong(host, MOST)
    return ScrubbedRepository(
        files=sums.files,
        bytes=sums.bytes,
        fresh=sums.fresh,
        late=sums.late,
        oldest=sums.oldest,
        damaged=tuple(DamagedFile(path=storable(path), why=why) for path, why in wrong),
        count=count,
    )


@dataclass
class _Reader:
    """Reads files of the repositories, given by their folders' descriptors, until its time is over."""

    memory: Readings
    places: Mapping[str, int]
    options: Options
    files: int = 0
    began: float = field(default_factory=time.monotonic)
    told: float = field(default_factory=time.monotonic)
    pace: Pace = field(init=False)

    def __post_init__(self) -> None:
        """Begin to count bytes."""
        self.pace = Pace(self.options.rate.bytes)

    def read(self) -> None:
        """Read what was found damaged once more, then what is new, then what waits longest."""
        hosts = list(self.places)
        self._look(self.memory.damaged(hosts))
        # Half of the period early, so that nothing is late when some nights had no time for it.
        before = clock.now().timestamp() - self.options.every.seconds / 2
        while not self._is_over() and (batch := self.memory.due(hosts, before)):
            self._look(batch)

    def _is_over(self, share: float = 1.0) -> bool:
        return time.monotonic() - self.began >= self.options.longest.seconds * share

    def _look(self, batch: Sequence[Known]) -> None:
        seen: list[tuple[Known, str]] = []
        for one in batch:
            if self._is_over():
                break
            had_time = not self._is_over(0.5)
            try:
                seen.append((one, self._fault(one)))
            except reading.TooLarge:  # a client chooses how large a file is, and must keep no other's from being read
                if had_time:
                    seen.append((one, readings.TOO_LARGE))
                break
            if seen[-1][1]:
                announce(f"{one.host}: {storable(one.path)} {seen[-1][1]}")
            if time.monotonic() - self.told > TELL_EVERY:  # of all batches: one alone takes less
                self.told = time.monotonic()
                announce(f"{counted(self.files + len(seen), 'file')}, {Size(self.pace.bytes)} read")
        self.memory.noted(seen, clock.now().timestamp())
        self.files += len(seen)

    def _fault(self, one: Known) -> str:
        try:
            return reading.fault(self.places[one.host], one.path, self.pace, self._is_over)
        except FileNotFoundError:
            return readings.GONE
