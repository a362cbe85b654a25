"""systemd units: the expected ones are running, none has failed, and no timer is late."""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ops.core.errors import CommandError, Unavailable
from ops.core.limits import demand_between
from ops.core.names import UnitName
from ops.core.quantity import Duration, counted, span
from ops.core.run import run
from ops.core.schema import Plain
from ops.core.verdict import Finding, Verdict
from ops.health._notes import mapping, number
from ops.interfaces.check import Check, CheckContext

TIMEOUT = 10.0
SHOWN = "Id,Names,LoadState,ActiveState,SubState"
TIMES = "UnitFileState,ConditionResult,StateChangeTimestampMonotonic,NextElapseUSecRealtime,LastTriggerUSec"
LONGEST = Duration(31 * 86_400)
NAMED = 5  # units named in one message; the number of all stands before them


@dataclass(frozen=True)
class Options:
    """Which units to check.

    expected: units that must be active, such as postgresql@15-main.service or seawall-health.timer.
    ignore: patterns of units that may fail, and of timers that may be late; the defaults belong to sessions of people,
        and to the drill of the alarms, whose timer has a check of its own.
    failed_after: a unit that failed, or a timer that stopped, counts after this time; one that is restarted may not.
    late_after: how long after it was due a timer is late.
    longest_run: how long what a timer started may run.
    """

    expected: tuple[UnitName, ...] = ()
    ignore: tuple[str, ...] = ("run-*", "user@*", "session-*", "ssh@*", "sshd@*", "seawall-alarm-drill.timer")
    failed_after: Duration = Duration(300)
    late_after: Duration = Duration(3600)
    longest_run: Duration = Duration(2 * 86_400)

    def __post_init__(self) -> None:
        for name in ("failed_after", "late_after", "longest_run"):
            demand_between(name, getattr(self, name), Duration(0), LONGEST)

    def ignores(self, unit: str) -> bool:
        """Whether a pattern excuses a unit."""
        return any(fnmatch.fnmatchcase(unit, pattern) for pattern in self.ignore)


@dataclass(frozen=True)
class Moment:
    """When it is: in seconds since 1970, and since the machine started, which is how systemd tells states."""

    now: float
    running: float


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Ask systemd for the expected units, for all that failed, and for all timers."""
    if options.expected:
        words = ("--property=Id,Names,LoadState,ActiveState", "--", *options.expected)
        yield from judge_expected(options.expected, _systemctl("show", *words))
    listed = _systemctl("list-units", "--state=failed", "--all", "--full", "--plain", "--no-legend")
    at = Moment(context.now.timestamp(), time.monotonic())
    names = [name for name in failed(listed) if not options.ignores(name)]
    wanted = ("show", f"--property={SHOWN},{TIMES}", "--")
    shown = _systemctl(*wanted, *names) if names else ""
    yield judge_failed(options, names, shown, at)
    # A timer that was stopped is soon forgotten by systemd, and no pattern matches it; its file is still enabled.
    files = _systemctl("list-unit-files", "--type=timer", "--state=enabled", "--plain", "--no-legend")
    timers = [line.split()[0] for line in files.splitlines() if line.strip() and "@." not in line.split()[0]]
    blocks = _blocks(_systemctl(*wanted, *timers, "*.timer"))
    yield judge_timers(options, blocks, at, stopped(context.notes, blocks, at.now))


def _blocks(shown: str) -> list[dict[str, str]]:
    """Return what `systemctl show` says of units, one paragraph each."""
    paragraphs = [paragraph.splitlines() for paragraph in shown.strip().split("\n\n")]
    return [dict(line.split("=", 1) for line in lines if "=" in line) for lines in paragraphs]


def judge_expected(expected: tuple[str, ...], shown: str) -> Iterator[Finding]:
    """Given what `systemctl show` says of the expected units, one paragraph each, judge them."""
    known = {name: block for block in _blocks(shown) for name in block.get("Names", "").split()}
    findings = [_judge_unit(unit, known.get(unit, {})) for unit in expected]
    bad = [finding for finding in findings if finding.verdict is not Verdict.PASS]
    running = f"{len(findings) - len(bad)} of {len(expected)} expected units active"
    yield from bad or [findings[0] if len(expected) == 1 else Finding(Verdict.PASS, running)]


def _judge_unit(unit: str, facts: dict[str, str]) -> Finding:
    state = facts.get("ActiveState", "")
    if facts.get("LoadState") in {"not-found", "masked"}:
        return Finding(Verdict.FAIL, f"{unit} is {facts['LoadState'].replace('-', ' ')}")
    if state in {"active", "reloading"}:
        return Finding(Verdict.PASS, f"{unit} active")
    if state == "activating":
        return Finding(Verdict.WARN, f"{unit} is still starting")
    if not state:
        return Finding(Verdict.UNKNOWN, f"systemd reports nothing about {unit}")
    return Finding(Verdict.FAIL, f"{unit} is {state}")


def failed(listed: str) -> list[str]:
    """Given `systemctl list-units --state=failed`, return the names of the units."""
    return sorted(line.split()[0] for line in listed.replace("●", " ").splitlines() if line.strip())


def judge_failed(options: Options, names: list[str], shown: str, at: Moment) -> Finding:
    """Given the units that failed and what `systemctl show` says of them, name those that failed long enough ago."""
    known = {block.get("Id", ""): block for block in _blocks(shown)}
    long_ago = [name for name in names if _since(known.get(name, {}), at) >= options.failed_after.seconds]
    figures = {"failed_units": float(len(long_ago))}
    if long_ago:
        return Finding(Verdict.WARN, f"{len(long_ago)} failed: {_named(long_ago)}", figures)
    recent = f"; {counted(len(names), 'unit')} failed just now" if names else ""
    return Finding(Verdict.PASS, f"no failed units{recent}", figures)


def stopped(notes: dict[str, Plain], timers: Sequence[Mapping[str, str]], now: float) -> dict[str, float]:
    """Note and return since when timers that are to run are seen not to: the time, by name.

    systemd itself forgets when it stopped one. Nothing is wrong with one that its own conditions keep off.
    """
    known = mapping(notes.get("stopped"))
    found = {
        timer.get("Id", ""): min(number(known.get(timer.get("Id", ""))) or now, now)
        for timer in timers
        if timer.get("ActiveState") in {"inactive", "failed"}
        and timer.get("UnitFileState", "").startswith("enabled")
        and timer.get("ConditionResult") != "no"
    }
    notes["stopped"] = dict(found)
    return found


def judge_timers(
    options: Options, timers: Sequence[Mapping[str, str]], at: Moment, stopped: Mapping[str, float]
) -> Finding:
    """Given what systemd says of all timers, and since when some are seen stopped, name those that start nothing."""
    by_name = {timer.get("Id", ""): timer for timer in timers}
    troubles = {name: _trouble(options, timer, at, stopped.get(name)) for name, timer in by_name.items()}
    wrong = [f"{name} {why}" for name, why in sorted(troubles.items()) if why and not options.ignores(name)]
    if wrong:
        return Finding(Verdict.WARN, _named(wrong, "; "), {"late_timers": float(len(wrong))})
    return Finding(Verdict.PASS, "no late timers", {"late_timers": 0.0})


def _trouble(options: Options, timer: Mapping[str, str], at: Moment, since: float | None) -> str:
    """Return what is wrong with a timer; since: when it was first seen stopped, though it is to run."""
    if since is not None:
        return f"is stopped, since {span(at.now - since)}" if at.now - since >= options.failed_after.seconds else ""
    due, started = _moment(timer, "NextElapseUSecRealtime"), _moment(timer, "LastTriggerUSec")
    if timer.get("SubState") == "running" and started and at.now - started > options.longest_run.seconds:
        return f"waits for what it started {span(at.now - started)} ago"
    if timer.get("SubState") == "waiting" and due and at.now - due > options.late_after.seconds:
        return f"was due {span(at.now - due)} ago"
    return ""


def _since(unit: Mapping[str, str], at: Moment) -> float:
    """Return for how many seconds a unit has been in its state; one that never was in another, since the start."""
    changed = unit.get("StateChangeTimestampMonotonic", "")
    return max(0.0, at.running - int(changed) / 1e6) if changed.isdecimal() else at.running


def _moment(unit: Mapping[str, str], name: str) -> float:
    """Return a moment in seconds since 1970, 0 where systemd knows none; programs are started in UTC."""
    text = unit.get(name, "")[4:]  # behind the day of the week
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def _named(names: list[str], between: str = ", ") -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{between.join(names[:NAMED])}{more}"


def _systemctl(*words: str) -> str:
    try:
        return run(["systemctl", "--no-pager", *words], timeout=TIMEOUT).stdout
    except CommandError as error:
        last = error.stderr.strip().splitlines()[-1:] or ["no message"]
        raise Unavailable(f"systemd does not answer: {last[0]}") from error


KIND = Check(
    Options,
    probe,
    synonyms=("systemd", "service", "services", "process"),
    why="A service that does not run is what users notice first; a timer that was stopped is what nobody notices: no "
    "backup, no clean-up, no renewal from then on. A unit that fails and is restarted at once is not told.",
    remedy="`systemctl status UNIT` and `journalctl -u UNIT` say what happened. Mend it, then `systemctl restart "
    "UNIT`; where its failure is of no matter, `systemctl reset-failed UNIT`, or a pattern in `ignore`.",
)
