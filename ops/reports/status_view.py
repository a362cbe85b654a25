"""What every form of the report shows: the status of the fleet, in words for people and times of the site's zone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ops.core import clock
from ops.core.quantity import Duration, Size
from ops.core.verdict import Verdict
from ops.reports._gaps import Gap, gaps

PRECISE_BELOW = 10  # seconds; shorter times are shown with a tenth
SEE_ASSET = "see the asset"
HEADLINES = {
    Verdict.PASS: "Everything is as the policy requires",
    Verdict.WARN: "Working, but something needs attention",
    Verdict.UNKNOWN: "Not everything could be checked",
    Verdict.FAIL: "Something is not as the policy requires",
}


@dataclass(frozen=True)
class Line:
    """One thing said, with its verdict. `about` names the thing."""

    verdict: Verdict
    about: str
    message: str


@dataclass(frozen=True)
class Measure:
    """A time against its limit. `share` is how much of the limit is used, at most 1; None without a time."""

    text: str
    limit: str
    share: float | None
    exceeded: bool


@dataclass(frozen=True)
class Act:
    """A backup, copy or drill: when the last good one was, what it says, and the verdict on it.

    `when` is never empty: it says so where there was none, or where that is not known.
    """

    name: str
    verdict: Verdict
    message: str
    when: str
    age: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Drill:
    """The last drill beyond what every act has."""

    act: Act
    recovery: Measure
    parts: tuple[tuple[str, str, float], ...]
    rungs: tuple[Line, ...]


@dataclass(frozen=True)
class Asset:
    """An asset and the acts that protect it."""

    name: str
    summary: str
    owner: str
    host: str
    verdict: Verdict
    backup: Act
    age: Measure
    copies: tuple[Act, ...]
    drill: Drill | None
    troubles: tuple[Line, ...]


@dataclass(frozen=True)
class Machine:
    """A machine and what was seen on it; `message` stands in for the checks of one that gave no status."""

    name: str
    verdict: Verdict
    message: str
    checks: tuple[Line, ...]
    facts: tuple[str, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class View:
    """The whole fleet, the worst on top."""

    site: str
    time: str
    zone: str
    verdict: Verdict
    headline: str
    counts: tuple[str, ...]
    troubles: tuple[Line, ...]
    assets: tuple[Asset, ...]
    machines: tuple[Machine, ...]


@dataclass(frozen=True)
class _Times:
    """How moments are read: from when, and in which zone."""

    now: datetime
    zone: tzinfo

    def when(self, text: Any) -> str:
        moment = _moment(text)
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M") if moment else ""

    def age(self, text: Any) -> float | None:
        moment = _moment(text)
        return max(0.0, (self.now - moment).total_seconds()) if moment else None


def view(status: Mapping[str, Any]) -> View:
    """Given the status of the fleet as plain data, return what is shown of it."""
    site = status.get("site") or {}
    name, zone = _zone(str(site.get("timezone") or "UTC"))
    times = _Times(clock.parse(status["time"]), zone)
    assets = _worst_first(_asset(name, facts, times) for name, facts in status["assets"].items())
    machines = _worst_first(_machine(name, facts, times) for name, facts in status["machines"].items())
    verdict = Verdict(status["verdict"])
    return View(
        site=str(site.get("name") or "Seawall"),
        time=times.when(status["time"]),
        zone=name,
        verdict=verdict,
        headline=HEADLINES[verdict],
        counts=(_count("asset", assets), _count("machine", machines)),
        troubles=_troubles(assets, machines),
        assets=assets,
        machines=machines,
    )


def span(seconds: float) -> str:
    """Return a span of time as the policy writes it, to two units: 3h 2min."""
    if seconds < PRECISE_BELOW:
        return f"{seconds:.1f}".removesuffix(".0") + "s"
    return " ".join(str(Duration(int(seconds))).split()[:2])


def _asset(name: str, facts: Mapping[str, Any], times: _Times) -> Asset:
    findings = {line.about: line for line in _lines(facts.get("findings", []))}
    backup = _act("backup", facts.get("backup"), findings.get("backup"), times)
    good = _good(facts.get("backup"))
    copies = (
        _act(copy, state, findings.get(f"copy {copy}"), times) for copy, state in (facts.get("copies") or {}).items()
    )
    return Asset(
        name=name,
        summary=str(facts.get("summary") or ""),
        owner=str(facts.get("owner") or ""),
        host=str(facts.get("host") or ""),
        verdict=Verdict(facts["verdict"]),
        backup=backup,
        age=_measure(times.age(good.get("time")), facts.get("rpo_seconds")),
        copies=tuple(copies),
        drill=_drill(facts, findings.get("drill"), times) if facts.get("drill_host") else None,
        troubles=_loud(findings.values()),
    )


def _act(name: str, state: Mapping[str, Any] | None, finding: Line | None, times: _Times) -> Act:
    good = _good(state)
    done = good.get("copied") or good.get("time")
    age = times.age(done)
    size = [f"{Size(int(good['bytes']))}"] if isinstance(good.get("bytes"), int) else []
    rows = [f"{good['rows']:,} rows".replace(",", " ")] if isinstance(good.get("rows"), int) else []
    held = times.age(good.get("time")) if "copied" in good else good.get("data_age_seconds")
    data = [f"data {span(held)} old"] if held is not None else []
    source = [f"from {good['repository']}"] if good.get("repository") else []
    return Act(
        name=name,
        verdict=finding.verdict if finding else Verdict.UNKNOWN,
        message=finding.message if finding else "nothing is known about it",
        when=times.when(done) or ("none yet" if finding and finding.verdict is not Verdict.UNKNOWN else "not known"),
        age="" if age is None else f"{span(age)} ago",
        facts=(*size, *rows, *source, *data),
    )


def _drill(facts: Mapping[str, Any], finding: Line | None, times: _Times) -> Drill:
    act = _act(f"on {facts['drill_host']}", facts.get("drill"), finding, times)
    good = _good(facts.get("drill"))
    parts = {str(name): float(time) for name, time in (good.get("parts") or {}).items()}
    whole = sum(parts.values()) or 1.0
    return Drill(
        act=act,
        recovery=_measure(good.get("recovery_seconds"), facts.get("rto_seconds")),
        parts=tuple((name, span(time), time / whole) for name, time in parts.items()),
        rungs=tuple(
            Line(Verdict(rung["verdict"]), str(rung.get("name", "")), str(rung.get("message", "")))
            for rung in good.get("rungs") or []
        ),
    )


def _machine(name: str, facts: Mapping[str, Any], times: _Times) -> Machine:
    """What is seen of an asset stands with the asset; the machine only points there."""
    lines = [
        Line(Verdict(entry["verdict"]), entry["name"], entry["message"])
        for entry in facts.get("checks", [])
        if not entry.get("asset")
    ]
    pointed = {
        entry["asset"]: Line(Verdict(entry["verdict"]), entry["asset"], SEE_ASSET)
        for entry in sorted(facts.get("checks", []), key=lambda entry: Verdict(entry["verdict"]).severity)
        if entry.get("asset") and entry["verdict"] != Verdict.PASS
    }
    ledger = facts.get("ledger") or {}
    known = [f"Seawall {facts['seawall']}"] if facts.get("seawall") else []
    looked = [f"checked at {times.when(facts['health_time'])}"] if facts.get("health_time") else []
    records = [f"{ledger['lines']} records"] if ledger.get("lines") else []
    return Machine(
        name=name,
        verdict=Verdict(facts["verdict"]),
        message=str(facts.get("message") or ""),
        checks=tuple(sorted([*lines, *pointed.values()], key=lambda line: -line.verdict.severity)),
        facts=(*known, *looked, *records),
        gaps=gaps(facts.get("gaps")),
    )


def _measure(value: float | None, limit: float | None) -> Measure:
    bound = span(limit) if limit else "none"
    if value is None or not limit:
        return Measure("" if value is None else span(value), bound, None, exceeded=False)
    return Measure(span(value), bound, min(1.0, value / limit), exceeded=value > limit)


def _troubles(assets: Iterable[Asset], machines: Iterable[Machine]) -> tuple[Line, ...]:
    """All that is not good, once: what a machine says of an asset is said with the asset."""
    found = [
        Line(line.verdict, f"{asset.name}, {line.about}", line.message) for asset in assets for line in asset.troubles
    ]
    for machine in machines:
        if machine.message:
            found.append(Line(machine.verdict, machine.name, machine.message))
        found.extend(
            Line(line.verdict, f"{machine.name}, {line.about}", line.message)
            for line in machine.checks
            if line.verdict is not Verdict.PASS and line.message != SEE_ASSET
        )
    return tuple(sorted(found, key=lambda line: -line.verdict.severity))


def _lines(findings: Iterable[Mapping[str, Any]]) -> list[Line]:
    return [Line(Verdict(part["verdict"]), str(part["about"]), str(part["message"])) for part in findings]


def _loud(lines: Iterable[Line]) -> tuple[Line, ...]:
    loud = [line for line in lines if line.verdict is not Verdict.PASS]
    return tuple(sorted(loud, key=lambda line: -line.verdict.severity))


def _worst_first(things: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(things, key=lambda thing: (-thing.verdict.severity, thing.name)))


def _count(word: str, things: tuple[Any, ...]) -> str:
    verdicts = [thing.verdict for thing in things]
    seen = [
        f"{verdicts.count(verdict)} {verdict.value}"
        for verdict in (Verdict.FAIL, Verdict.UNKNOWN, Verdict.WARN, Verdict.PASS)
        if verdict in verdicts
    ]
    return f"{len(things)} {word}{'' if len(things) == 1 else 's'}" + (f": {', '.join(seen)}" if seen else "")


def _good(state: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return (state or {}).get("last_good") or {}


def _moment(text: Any) -> datetime | None:
    try:
        return clock.parse(str(text)) if text else None
    except ValueError:
        return None


def _zone(name: str) -> tuple[str, tzinfo]:
    try:
        return name, ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC", UTC
