"""The clock: by how much it is off, and when it was last compared with a time server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ops.core.errors import CommandError, Unavailable
from ops.core.limits import demand_between, demand_warning_first
from ops.core.quantity import Duration, span
from ops.core.run import run
from ops.core.verdict import Finding, Verdict
from ops.interfaces.check import Check, CheckContext

TIMEOUT = 10.0
MOST = 1 << 16  # characters of an answer
FIELDS = 14  # of `chronyc -c tracking`
LONGEST = 366 * 86_400
HIGHEST = 16  # a server of this stratum or more is not synchronised itself
SPAN = re.compile(r"(\d+(?:\.\d+)?)(y|month|w|d|h|min|s|ms|us)\b")
SECONDS: dict[str, float] = {
    "y": 31_557_600,
    "month": 2_629_800,
    "w": 604_800,
    "d": 86_400,
    "h": 3600,
    "min": 60,
    "s": 1,
}
SECONDS |= {"ms": 1e-3, "us": 1e-6}


@dataclass(frozen=True)
class Options:
    """How far the clock may be off, and how long ago it may have been set.

    offset_warn_above: milliseconds by which the clock is off above which the check warns.
    offset_fail_above: milliseconds above which it fails.
    synchronised_warn_after: time since it was last compared with a server after which the check warns.
    synchronised_fail_after: time after which it fails.
    """

    offset_warn_above: int = 200
    offset_fail_above: int = 500
    synchronised_warn_after: Duration = Duration(3600)
    synchronised_fail_after: Duration = Duration(4 * 3600)

    def __post_init__(self) -> None:
        demand_between("offset_warn_above", self.offset_warn_above, 1, self.offset_fail_above)
        demand_between("synchronised_fail_after", self.synchronised_fail_after, Duration(60), Duration(LONGEST))
        demand_warning_first(
            ("synchronised_fail_after", self.synchronised_fail_after),
            ("synchronised_warn_after", self.synchronised_warn_after),
        )


@dataclass(frozen=True)
class Comparison:
    """The last comparison with a time server. offset: seconds that the clock is off. time: seconds since 1970."""

    offset: float
    time: float
    stratum: int
    by: str


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Ask chronyd, or where there is none systemd-timesyncd, for its last comparison with a server."""
    try:
        comparison = chrony(run(["chronyc", "-c", "-n", "tracking"], timeout=TIMEOUT, most=MOST).stdout)
    except (CommandError, Unavailable):
        comparison = _timesyncd()
    yield judge(options, comparison, context.now.timestamp())


def _timesyncd() -> Comparison | None:
    try:
        message = run(["timedatectl", "show-timesync", "--property=NTPMessage"], timeout=TIMEOUT, most=MOST).stdout
        status = run(["timedatectl", "--no-pager", "timesync-status"], timeout=TIMEOUT, most=MOST).stdout
    except (CommandError, Unavailable) as error:
        raise Unavailable("neither chronyd nor systemd-timesyncd answers; install one of them") from error
    return timesyncd(message, status)


def chrony(tracking: str) -> Comparison | None:
    """Given `chronyc -c tracking`, return the last comparison; None where there was none. Raise Unavailable."""
    words = tracking.strip().split(",")
    try:
        if len(words) < FIELDS:
            raise ValueError(tracking)
        time, offset, stratum = float(words[3]), abs(float(words[4])), int(words[2])
    except ValueError as error:
        raise Unavailable("chronyd gives an answer that can't be read") from error
    if words[13] == "Not synchronised" or not time:
        return None
    return Comparison(offset, time, stratum, "chronyd")


def timesyncd(message: str, status: str) -> Comparison | None:
    """Given what timedatectl says, return the last comparison; None where there was none. Raise Unavailable."""
    arrived = re.search(r"DestinationTimestamp=\w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)? UTC", message)
    stratum = re.search(r"\bStratum=(\d{1,3})\b", message)
    offset = re.search(r"^\s*Offset: ([+-]?)(.+)$", status, re.MULTILINE)
    if not arrived or not stratum or not offset:
        return None
    seconds = sum(float(number) * SECONDS[unit] for number, unit in SPAN.findall(offset[2]))
    time = datetime.strptime(arrived[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    return Comparison(seconds, time, int(stratum[1]), "systemd-timesyncd")


def judge(options: Options, seen: Comparison | None, now: float) -> Finding:
    """Judge a comparison; now: seconds since 1970. A machine that never had one may be off by years."""
    if seen is None:
        return Finding(Verdict.FAIL, "the clock was never compared with a time server since the start")
    age = max(0.0, now - seen.time)
    figures = {"offset_seconds": round(seen.offset, 6), "synchronised_age_seconds": round(age, 0)}
    message = f"off by {seen.offset * 1000:.1f} ms, compared {span(age)} ago by {seen.by}"
    if seen.stratum >= HIGHEST:
        return Finding(Verdict.FAIL, f"{message}; its time server is not synchronised itself", figures)
    if seen.offset * 1000 > options.offset_fail_above or age > options.synchronised_fail_after.seconds:
        return Finding(Verdict.FAIL, message, figures)
    late = seen.offset * 1000 > options.offset_warn_above or age > options.synchronised_warn_after.seconds
    return Finding(Verdict.WARN if late else Verdict.PASS, message, figures)


KIND = Check(
    Options,
    probe,
    synonyms=("ntp", "chrony", "timesyncd", "time", "clock"),
    why="With wrong clocks, results of patients stand in the wrong order, certificates seem to have expired, and "
    "nothing can be pieced together from logs after a fault. The state `synchronized` stays though the server is "
    "gone; so the age of the last comparison counts.",
    remedy="`chronyc sources` or `timedatectl timesync-status` shows the server: is it right, reachable (UDP 123) and "
    "itself synchronised? Don't set a clock back by hand on a database server that runs.",
)
