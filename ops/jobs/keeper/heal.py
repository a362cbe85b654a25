"""Healing a client's repository at its backup host, which has no key.

What it kept comes back, byte for byte, and what the client's own server has replaced is set aside.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ops.core import clock
from ops.core.errors import SeawallError, UsageError
from ops.core.names import Digest, HostName
from ops.core.printable import storable
from ops.core.quantity import counted
from ops.core.verdict import Verdict
from ops.interfaces.keeper_outcome import HealFacts
from ops.interfaces.layout import CONFIG, INDEX, KEYS
from ops.interfaces.state import SCRUB
from ops.jobs.host import folders, state_files
from ops.jobs.keeper.arrivals import demand_client, demand_keeper, noted
from ops.jobs.keeper.scrub import SPARES, state_before
from ops.jobs.keeper.set_aside import STAMP
from ops.jobs.run.job import Ended, Outcome, perform
from ops.keeper import aside, reading, readings, repository, spares
from ops.keeper.reading import Pace

RATE = 1 << 40  # bytes a second: what is damaged is little, and is read as fast as can be
ON_SERVER = "the server that owns it: seawall heal REPOSITORY --files NAMES"


@dataclass(frozen=True)
class Plan:
    """What there is to do. wrong: what is wrong with each file. kept: those of which a spare is there.

    replaced: those that the client's server has replaced, and that lie here still. gone: those that lie here no more.
    """

    keeper: str
    host: str
    wrong: Mapping[str, str]
    kept: Collection[str]
    replaced: Sequence[str]
    gone: Sequence[str]

    @property
    def empty(self) -> bool:
        """Whether nothing can be done here."""
        return not (self.kept or self.replaced or self.gone)

    @property
    def left(self) -> list[str]:
        """What stays damaged."""
        return [path for path in self.wrong if path not in {*self.kept, *self.replaced, *self.gone}]

    def lines(self) -> Iterator[str]:
        """Yield what a person is told."""
        for path, wrong in self.wrong.items():
            if path in self.kept:
                yield storable(f"{path} {wrong}: it was kept, and comes back as it was")
            elif path not in {*self.replaced, *self.gone}:
                yield storable(f"{path} {wrong}: it was not kept; {ON_SERVER}")
        yield from (f"{path} has been replaced: it is set aside" for path in self.replaced)
        yield from (f"{path} has been replaced, and is gone" for path in self.gone)


def names(host: str) -> list[str]:
    """Return the paths of a client's files that the last scrub found damaged or gone."""
    demand_client(demand_keeper(), host)
    return [path for path in _noted(host) if Digest.fits(path.rpartition("/")[2])]


def planned(host: str, paths: Sequence[str]) -> Plan:
    """Look at what is damaged, and at what the client's server says that it has replaced. paths: those.

    Raise UsageError when one of those is well, and no index.
    """
    policy = demand_keeper()
    demand_client(policy, host)
    named = sorted({*map(aside.demand_path, paths)})
    config = _config(host)
    with repository.opened(folders.repositories(), host) as folder:
        wrong = _wrong(folder, host, config, named)
        there = {one.path: one.arrived for one in repository.files(folder)}
    _demand_replaced(named, wrong, there)
    with _spares(host) as kept:
        back = {path for path in wrong if path not in named and kept and kept.content(path, config) is not None}
    return Plan(
        policy.host,
        host,
        wrong,
        back,
        [path for path in named if path in there],
        [path for path in named if path not in there and path in wrong],
    )


def heal(plan: Plan, reason: str, approver: str) -> Ended:
    """Set aside what was replaced and what is damaged, and bring back what was kept; 0 when nothing stays damaged."""
    if not (reason and approver):
        raise UsageError("healing requires a reason and an approver", "--reason TEXT --approver WHO")
    outcome = perform("heal", f"heal-{plan.host}", plan.host, plan.keeper, lambda: _healed(plan, reason, approver))
    return Ended.here(outcome, outcome.code)


def _healed(plan: Plan, reason: str, approver: str) -> Outcome:
    base = folders.repositories()
    move = aside.begin(base, plan.host, clock.now().strftime(STAMP))
    moved = aside.away(base, plan.host, move, plan.replaced)
    away = aside.damaged(base, plan.host, move, sorted(plan.kept))
    _put(plan)
    _accept_gone(plan)
    facts = HealFacts(
        repository=plan.host,
        damaged=len(plan.wrong),
        healed=len(plan.kept),
        aside=move,
        reason=reason,
        approver=approver,
    )
    files = counted(moved.files + away.files, "file")
    message = f"{files} of {plan.host} set aside as {move}, {len(plan.kept)} brought back"
    if left := plan.left:
        return Outcome(Verdict.WARN, f"{message}; {counted(len(left), 'file')} stay damaged", facts, facts)
    return Outcome(Verdict.PASS, f"{message}: {reason}", facts, facts)


def _put(plan: Plan) -> None:
    """Bring back what was kept; raise SeawallError."""
    config = _config(plan.host)
    with _spares(plan.host) as kept, repository.opened(folders.repositories(), plan.host) as folder:
        for path in sorted(plan.kept):
            content = kept.content(path, config) if kept else None
            if content is None:
                raise SeawallError(f"{path} was kept, and is not any more", "run the same command again")
            try:
                spares.put(folder, path, content)
            except OSError as error:
                raise SeawallError(f"{path} can't be stored: {error.strerror}", "look at its disk") from error


def _noted(host: str) -> list[str]:
    """Return the paths of the files of which the last scrub says that they are damaged or gone."""
    state = state_before()
    seen = state.repositories.get(HostName(host)) if state else None
    return [one.path for one in seen.damaged] if seen else []


def _accept_gone(plan: Plan) -> None:
    """Let what was lost and is replaced be gone, where nothing else is: the next scrub forgets it then."""
    state, name = state_before(), HostName(plan.host)
    seen = state.repositories.get(name) if state else None
    if state is None or seen is None or seen.count != len(seen.damaged):
        return
    gone = {one.path for one in seen.damaged if one.why == readings.GONE}
    if gone and gone <= {*plan.gone, *plan.kept}:
        accepted = {**state.repositories, name: replace(seen, accepted=True)}
        state_files.write(SCRUB, replace(state, repositories=accepted))


@contextmanager
def _spares(host: str) -> Iterator[spares.Spares | None]:
    """Open what is kept of a client's repository for a block; None where nothing is."""
    base = folders.state() / "state" / SPARES
    if not (base / host).is_dir():
        yield None
        return
    with spares.kept(base, host) as kept:
        yield kept


def _config(host: str) -> Digest | None:
    known = noted().get(HostName(host))
    return known.config if known else None


def _wrong(folder: int, host: str, config: Digest | None, named: Sequence[str]) -> dict[str, str]:
    """Return what is wrong now with what a scrub found damaged, with what was named, and with what opens it."""
    before = {*_noted(host)}
    with _spares(host) as kept:  # without a key nobody can wait for a scrub
        held = aside.held(folders.repositories(), host)
        before |= {path for path in (kept.paths() if kept else set()) - held if path.startswith(f"{KEYS}/")}
    found = {path: why for path in sorted({*before, *named} - {CONFIG}) if (why := _fault(folder, path))}
    content = spares.read(folder, CONFIG)
    if content is None or not spares.is_it(CONFIG, content, config):
        found[CONFIG] = readings.GONE if content is None else "is another one"
    return found


def _fault(folder: int, path: str) -> str:
    try:
        return reading.fault(folder, path, Pace(RATE))
    except FileNotFoundError:
        return readings.GONE


def _demand_replaced(named: Sequence[str], wrong: Mapping[str, str], there: Mapping[str, float]) -> None:
    """Raise UsageError unless all that was named may have been replaced.

    The server names indexes that are well, for it has made others: one that arrived after them has to stay.
    """
    newest = max((when for path, when in there.items() if _is_index(path) and path not in named), default=0.0)
    for path in named:
        if path in wrong or path not in there:
            continue
        if not _is_index(path):
            raise UsageError(f"{path} is well: it stays, and nothing was moved", "is this the right list?")
        if there[path] > newest:
            raise UsageError(f"no index arrived after {path}: it stays, and nothing was moved", "heal on the server")


def _is_index(path: str) -> bool:
    return path.startswith(f"{INDEX}/")
