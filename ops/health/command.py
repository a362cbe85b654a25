"""A monitoring plugin of the site: its exit code is the verdict, its first line the message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ops.core.errors import Unavailable
from ops.core.limits import demand_between
from ops.core.quantity import Duration
from ops.core.run import Result, run
from ops.core.verdict import Finding, Verdict
from ops.interfaces.check import Check, CheckContext

LONGEST = Duration(25)  # the round gives each check half a minute
CODES = (0, 1, 2, 3)
MOST_PRINTED = 1 << 18
MOST_SHOWN = 500  # characters of the message
MOST_FIGURES = 50
# 'label'=value[unit][;warn;crit;min;max]: a label with blanks stands in quotes, doubled within it.
FIGURE = re.compile(
    r"(?:'((?:[^'=]|'')+)'|([^\s'=]+))=(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(us|ms|[a-zA-Z%]*)(?:;\S*)?(?=\s|$)"
)
UNITS = {"%": ("_percent", 1.0), "s": ("_seconds", 1.0), "ms": ("_seconds", 1e-3), "us": ("_seconds", 1e-6)}
UNITS |= {
    "B": ("_bytes", 1.0),
    "KB": ("_bytes", 1e3),
    "MB": ("_bytes", 1e6),
    "GB": ("_bytes", 1e9),
    "TB": ("_bytes", 1e12),
}


@dataclass(frozen=True)
class Options:
    """Which program to run, as the account of the checks and without a shell.

    argv: the program with its full path, and its arguments; no password belongs here, for everybody can read it.
    timeout: time after which it is ended, and the check is unknown; at most 25s.
    """

    argv: tuple[str, ...]
    timeout: Duration = Duration(10)

    def __post_init__(self) -> None:
        demand_between("timeout", self.timeout, Duration(1), LONGEST)
        if not self.argv or not self.argv[0].startswith("/"):
            raise ValueError(
                "argv is to begin with the full path of a program, such as /usr/lib/nagios/plugins/check_dns"
            )
        if any("\0" in word for word in self.argv):
            raise ValueError("argv has a character that no argument can have")


def probe(options: Options, _: CheckContext) -> Iterator[Finding]:
    """Run the program to its end; a code that no plugin has is an error."""
    yield judge(run(options.argv, timeout=options.timeout.seconds, ok=range(256), most=MOST_PRINTED))


def judge(result: Result) -> Finding:
    """Given how a plugin ended and what it printed, return its finding; raise Unavailable for what is no plugin's."""
    if result.code not in CODES:
        last = result.stderr.strip().splitlines()[-1:] or ["it printed no error"]
        raise Unavailable(f"the program ended with {result.code}, which is no plugin's code: {last[0][:MOST_SHOWN]}")
    first, _, more = result.stdout.strip().partition("\n")
    message, _, figures = first.partition("|")
    figures = " ".join([figures, more.partition("|")[2]])
    verdict = (Verdict.PASS, Verdict.WARN, Verdict.FAIL, Verdict.UNKNOWN)[result.code]
    if verdict is Verdict.PASS and not message.strip():
        return Finding(Verdict.UNKNOWN, "the program printed nothing, so that nobody knows what it looked at")
    return Finding(verdict, message.strip()[:MOST_SHOWN] or "the program gives no reason", dict(_figures(figures)))


def _figures(text: str) -> Iterator[tuple[str, float]]:
    """Yield the performance data by name, in the units that all figures have here."""
    for found in list(FIGURE.finditer(text))[:MOST_FIGURES]:
        quoted, bare, value, unit = found.groups()
        ending, factor = UNITS.get(unit, ("", 1.0))
        yield f"{(quoted or '').replace(chr(39) * 2, chr(39)) or bare}{ending}", float(value) * factor


KIND = Check(
    Options,
    probe,
    synonyms=("plugin", "nagios", "icinga", "script", "nrpe"),
    why="What only this site has, such as a queue of messages or a licence that ends, only its own program can look "
    "at. Hundreds of monitoring plugins exist, and any of them fits.",
    remedy="Run the program by hand as the account of the checks: `sudo -u seawall PROGRAM ARGUMENTS; echo $?`. Its "
    "own documentation says what it found.",
)
