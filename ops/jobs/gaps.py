"""Finding what a machine holds and no asset covers: looked for, judged by the policy, recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ops.core import clock, kinds
from ops.core.printable import storable
from ops.core.quantity import Size
from ops.core.verdict import Verdict
from ops.gaps import Search, search
from ops.health.gaps import Options, findings
from ops.interfaces.discovery import PATH, Found, SearchContext, answers
from ops.interfaces.source import Source
from ops.interfaces.state import GapsState, Thing, written
from ops.jobs.health.findings import join
from ops.jobs.host import own_policy, state_files
from ops.jobs.run.job import Ended
from ops.jobs.run.systemd_unit import run_in_unit
from ops.policy import HostPolicy

UNIT = "seawall-gaps.service"
OURS = ("/srv/seawall", "/var/lib/seawall", "/var/cache/seawall")  # what Seawall keeps, on backup hosts and elsewhere


@dataclass(frozen=True)
class _Cover:
    """What a source answers for. alone: it takes a file system without what is mounted below it, as of a machine."""

    name: str
    alone: bool

    def answers(self, one: Found) -> bool:
        """Whether it answers for a thing that was found."""
        if not answers(self.name, one.name) or (one.apart and self.name == f"{PATH}/"):
            return False
        return not (self.alone and one.volume) or self.name == f"{PATH}{one.volume}"


def find_gaps(shown: Callable[[GapsState], str]) -> Ended:
    """Look and record, through the unit where a person starts it; the exit code is that of the verdict.

    shown: makes a text for a person of what was found.
    """
    policy = own_policy.read()
    if ended := run_in_unit(UNIT, "gaps", ended_code=Verdict.UNKNOWN.exit_code):
        return ended
    state = record(policy, look(policy), clock.now().date())
    state_files.write("gaps", state)
    return Ended(state.verdict.exit_code, written(state), shown(state))


def look(policy: HostPolicy) -> Search:
    """Look for all that the policy does not answer for by its place."""
    today = clock.now().date()
    excused = [excuse.what for excuse in policy.exceptions.values() if excuse.until.date >= today]
    covers = list(_covers(policy))
    said = [*(f"{PATH}{path}" for path in OURS), *(one.name for one in covers if not one.alone), *excused]
    answered = [Path(name.partition(":")[2]) for name in said if name.startswith((PATH, "sqlite:"))]
    alone = [Path(one.name.removeprefix(PATH)) for one in covers if one.alone]
    return search(SearchContext(_options(policy).larger_than.bytes, answered, alone=alone))


def record(policy: HostPolicy, seen: Search, today: date) -> GapsState:
    """Return what is written down: what was found, apart by who answers for it."""
    parts: dict[str, list[Thing]] = {"gaps": [], "excused": [], "covered": []}
    covers = list(_covers(policy))
    for one in seen.found:
        if one.name:
            size = f"{'at least ' if one.least else ''}{Size(one.bytes)}" if one.bytes else ""
            part, more = _judged(policy, one, covers, today)
            parts[part].append(Thing(name=storable(one.name), words=one.words, bytes=one.bytes, size=size, **more))
    finding = join(list(findings(_options(policy), **parts, unsearched=seen.unlooked)))
    return GapsState(
        host=policy.host,
        finished=clock.iso(clock.now()),
        verdict=finding.verdict,
        message=finding.message,
        gaps=tuple(parts["gaps"]),
        excused=tuple(parts["excused"]),
        covered=tuple(parts["covered"]),
        unlooked=tuple(seen.unlooked),
        unused=tuple(_unused(policy, seen.found, today)),
    )


def _judged(policy: HostPolicy, one: Found, covers: Iterable[_Cover], today: date) -> tuple[str, dict[str, str]]:
    """Return whether a thing is covered, excused or a gap, and what else there is to say of that."""
    if any(cover.answers(one) for cover in covers):
        return "covered", {}
    expired = ""
    for excuse in policy.exceptions.values():
        if answers(excuse.what, one.name):
            about = {"reason": excuse.reason, "until": str(excuse.until)}
            if excuse.until.date >= today:
                return "excused", about
            expired = f"the exception expired on {excuse.until}: {excuse.reason}"
    return "gaps", {"expired": expired} if expired else {}


def _covers(policy: HostPolicy) -> Iterator[_Cover]:
    for asset in policy.assets.values():
        for source in asset.sources.values():
            kind: Source[Any, Any] = kinds.load("ops.sources", source.kind)
            yield from (_Cover(name, kind.machine is not None) for name in kind.covers(source.options))


def _options(policy: HostPolicy) -> Options:
    return next((spec.options for spec in policy.checks.values() if isinstance(spec.options, Options)), Options())


def _unused(policy: HostPolicy, found: Iterable[Found], today: date) -> list[str]:
    """Return the exceptions that excuse nothing; one for a folder has kept others from looking there."""
    names = [one.name for one in found]
    return [
        name
        for name, excuse in policy.exceptions.items()
        if not any(answers(excuse.what, one) for one in names)
        and not (
            excuse.what.startswith(PATH) and excuse.until.date >= today and Path(excuse.what[len(PATH) :]).exists()
        )
    ]
