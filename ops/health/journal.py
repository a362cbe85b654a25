"""The journal: errors of a kind that this machine did not have in the last month.

What an error says stays in the journal, for patients may be named in it. Kept is a fingerprint of its form: a digest of
its plain words in their order, without numbers, names, paths and whatever else changes from one to the next.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ops.core.errors import CommandError, Unavailable
from ops.core.limits import demand_between
from ops.core.printable import printable
from ops.core.quantity import Duration, counted, span
from ops.core.run import run
from ops.core.schema import Plain
from ops.core.verdict import Finding, Verdict
from ops.health._notes import mapping, number, pairs
from ops.interfaces.check import Check, CheckContext

DAY = 86_400
LONGEST = Duration(366 * DAY)
TIMEOUT = 20.0
MOST_LINES = 3000  # of one round, the newest
MOST_PRINTED = 16 << 20
MOST_UNITS = 60
MOST_KINDS = 16  # of one unit; one that has more writes what nobody can tell apart, and all of it is one kind
MOST_WORDS = 16  # of an error, that its form is made of
LONGEST_UNIT = 80
OVERLAP = 120.0  # seconds; an error that is written while a round looks is seen by the next one
NAMED = 3
ANY = "any"
BLIND = re.compile(r"insufficient permissions|not seeing messages|No journal files", re.IGNORECASE)
PLAIN_WORD = re.compile(r"[a-z]{2,24}")


@dataclass(frozen=True)
class Options:
    """What counts as new, and for how long it is told.

    forgotten_after: time since an error was last seen after which it is new again.
    learning: time from the first look on in which all errors are learned, and none is told.
    told_for: how long after it was first seen a new kind is told.
    ignore: patterns of units whose errors are not looked at; the defaults belong to sessions of people.
    """

    forgotten_after: Duration = Duration(30 * DAY)
    learning: Duration = Duration(7 * DAY)
    told_for: Duration = Duration(DAY)
    ignore: tuple[str, ...] = ("run-*", "user@*", "session-*", "ssh@*", "sshd@*")

    def __post_init__(self) -> None:
        demand_between("forgotten_after", self.forgotten_after, Duration(DAY), LONGEST)
        demand_between("learning", self.learning, Duration(0), self.forgotten_after)
        demand_between("told_for", self.told_for, Duration(3600), self.forgotten_after)


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Read what was written since the last round, and compare the kinds of errors with those that are known."""
    now, notes = context.now.timestamp(), context.notes
    until = number(notes.get("until"))
    since = now - DAY if until is None else max(min(until, now) - OVERLAP, now - DAY)
    seen = errors(options, _read(since))
    learned(options, notes, seen, now)
    yield judge(options, notes, now)


def errors(options: Options, printed: str) -> set[tuple[str, str]]:
    """Return unit and fingerprint of each kind of error in what `journalctl --output=json` prints."""
    found = set()
    for line in printed.splitlines():
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(entry, dict):
            continue
        unit = _unit(entry)
        if not any(fnmatch.fnmatchcase(unit, pattern) for pattern in options.ignore):
            found.add((unit, fingerprint(entry.get("MESSAGE"))))
    return found


def _unit(entry: Mapping[str, Plain]) -> str:
    """Return which unit wrote an entry; what has none, such as the kernel, by what it calls itself."""
    # What systemd itself says of a unit stands under that unit.
    for key in ("UNIT", "_SYSTEMD_UNIT", "SYSLOG_IDENTIFIER"):
        name = entry.get(key)
        if isinstance(name, str) and name:
            return re.sub(r"[^A-Za-z0-9_.@:-]", "_", printable(name))[:LONGEST_UNIT]
    return "unnamed"


def fingerprint(message: Plain) -> str:
    """Return a fingerprint of the form of a message; no word of it can be read in it.

    Words in small letters count; numbers, names with a capital and everything quoted or joined by signs do not.
    """
    text = message if isinstance(message, str) else ""
    text = re.sub(r"\"[^\"]*\"|'[^']*'|«[^»]*»|“[^”]*”", " ", text[:4096])
    words = [word.strip("()[],.;:!?") for word in text.split()]
    form = [word for word in words if PLAIN_WORD.fullmatch(word)][:MOST_WORDS]
    return hashlib.sha256(" ".join(form).encode()).hexdigest()[:12]


def learned(options: Options, notes: dict[str, Plain], seen: Iterable[tuple[str, str]], now: float) -> None:
    """Note which kinds were seen, by unit: when first and when last; forget what was not seen for long."""
    known = dict(_known(notes, now, options.forgotten_after.seconds))
    for unit, kind in sorted(seen):
        if unit not in known and len(known) >= MOST_UNITS:
            unit = ANY  # noqa: PLW2901 -- a machine with so many units in error has one kind more, not thousands
        kinds = known.setdefault(unit, {})
        if kind not in kinds and len(kinds) >= MOST_KINDS:
            kind = ANY  # noqa: PLW2901
        kinds[kind] = [kinds[kind][0] if kind in kinds else float(int(now)), float(int(now))]
    began = number(notes.get("began"))
    notes["began"] = now if began is None else min(began, now)
    notes["until"] = now
    notes["known"] = {unit: dict(kinds) for unit, kinds in known.items()}


def _known(notes: Mapping[str, Plain], now: float, forgotten: float) -> Iterator[tuple[str, dict[str, list[float]]]]:
    """Yield the kinds that are known of each unit: when each was seen first and last; at most what is kept of them."""
    for unit, told in list(mapping(notes.get("known")).items())[: MOST_UNITS + 1]:
        kinds = {}
        for kind, times in list(mapping(told).items())[: MOST_KINDS + 1]:
            for first, last in pairs([times]):
                if now - forgotten <= last:
                    kinds[kind] = [min(first, now), min(last, now)]
        if kinds:
            yield unit, kinds


def judge(options: Options, notes: Mapping[str, Plain], now: float) -> Finding:
    """Judge which of the known kinds are new; in the first days, none is."""
    began = number(notes.get("began"))
    began = now if began is None else began
    kinds = [
        (unit, kind, first)
        for unit, known in _known(notes, now, options.forgotten_after.seconds)
        for kind, (first, _) in known.items()
    ]
    new = [
        (first, unit, kind)
        for unit, kind, first in kinds
        if first > began + options.learning.seconds and now - first < options.told_for.seconds
    ]
    figures = {"new_kinds": float(len(new)), "known_kinds": float(len(kinds))}
    if new:
        last = sorted(new)[-NAMED:]
        named = ", ".join(f"{kind} of {unit}, {span(now - first)} ago" for first, unit, kind in last)
        more = f" and {len(new) - NAMED} more" if len(new) > NAMED else ""
        return Finding(Verdict.WARN, f"{counted(len(new), 'new kind')} of error: {named}{more}", figures)
    left = began + options.learning.seconds - now
    if left > 0:
        words = f"learning for another {span(left)} which errors are usual; {len(kinds)} so far"
        return Finding(Verdict.PASS, words, figures)
    return Finding(Verdict.PASS, f"no new kind of error; {len(kinds)} are known", figures)


def _read(since: float) -> str:
    """Return the errors of the journal since a moment, a JSON document a line; raise Unavailable if none is seen."""
    words = ["journalctl", "--no-pager", "--output=json", "--priority=err", f"--lines={MOST_LINES}"]
    words += ["--output-fields=UNIT,_SYSTEMD_UNIT,SYSLOG_IDENTIFIER,MESSAGE", f"--since=@{int(since)}"]
    try:
        done = run(words, timeout=TIMEOUT, most=MOST_PRINTED)
    except CommandError as error:
        if BLIND.search(error.stderr):
            raise Unavailable("this account may not read the journal; run playbooks/site.yml for it") from error
        last = error.stderr.strip().splitlines()[-1:] or ["no message"]
        raise Unavailable(f"the journal can't be read: {last[0]}") from error
    if BLIND.search(done.stderr):
        raise Unavailable("this account may not read the journal; run playbooks/site.yml for it")
    return done.stdout


KIND = Check(
    Options,
    probe,
    journal=True,
    synonyms=("log", "logs", "journald", "syslog", "errors"),
    why="Before something fails it often complains, in a log that nobody reads because it always complains. So only an "
    "error that this machine did not have for a month is told, once, and what is usual there is not.",
    remedy="`journalctl -p err -u UNIT --since=-2d` shows what it says, on the machine itself: it may name patients. "
    "One that is harmless needs nothing: after a day it is known, and not told again.",
)
