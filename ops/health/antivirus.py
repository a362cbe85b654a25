"""ClamAV: how old its signatures are, and what its last scan found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ops.core import plain_file
from ops.core.errors import Damaged, Unavailable
from ops.core.limits import demand_between, demand_warning_first
from ops.core.names import AbsolutePath
from ops.core.quantity import Duration, counted, span
from ops.core.verdict import Finding, Verdict
from ops.interfaces.check import Check, CheckContext

HOUR = 3600
LONGEST = Duration(366 * 24 * HOUR)
HEADER = 512  # bytes at the start of a database: words between colons
NAMES = ("daily.cld", "daily.cvd")
TAIL = 1 << 16  # bytes at the end of a log in which the last summary stands
SUMMARY = "----------- SCAN SUMMARY -----------"
FIELD = re.compile(
    r"^(Known viruses|Scanned files|Infected files|Total errors|End Date|Exit status): +(.+)$", re.MULTILINE
)
MOVED = re.compile(r": moved to '|: copied to '|\bmoved to quarantine\b", re.IGNORECASE)


@dataclass(frozen=True)
class Options:
    """Where the signatures and the log of scans lie, and how old each may be.

    path: the folder of the signatures.
    warn_after: age of the signatures above which the check warns; a day without new ones is no fault.
    fail_after: age above which it fails.
    log: the log of the scans (clamscan or clamdscan with `--log`), or what `hardening` has written of them,
        /var/log/seawall-antivirus/summary; by default, scans are not looked at.
    scanned_every: time after which a further scan must have ended.
    """

    path: AbsolutePath = AbsolutePath("/var/lib/clamav")
    warn_after: Duration = Duration(50 * HOUR)
    fail_after: Duration = Duration(98 * HOUR)
    log: AbsolutePath | None = None
    scanned_every: Duration = Duration(8 * 24 * HOUR)

    def __post_init__(self) -> None:
        demand_between("fail_after", self.fail_after, Duration(HOUR), LONGEST)
        demand_between("scanned_every", self.scanned_every, Duration(HOUR), LONGEST)
        demand_warning_first(("fail_after", self.fail_after), ("warn_after", self.warn_after))


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Read the head of the database of the day, in either of its forms, and the end of the log."""
    heads = [_head(path) for name in NAMES if (path := Path(options.path) / name).exists()]
    if not heads:
        raise Unavailable(f"{options.path} has no signatures; look at clamav-freshclam.service")
    yield judge_signatures(options, max(map(made, heads)), context.now)
    if options.log is not None:
        yield judge_scan(options, _tail(Path(options.log)), context.now)


def made(head: bytes) -> datetime:
    """Return when a database was made, by its own head; raise Damaged for what is none."""
    words = head.decode("ascii", "replace").split(":")
    try:
        if words[0] != "ClamAV-VDB":
            raise ValueError(words[0])
        # 22 Nov 2026 07-59 +0000; later versions have the moment in seconds since 1970 as the last word, too.
        return datetime.strptime(words[1].strip(), "%d %b %Y %H-%M %z").astimezone(UTC)
    except (ValueError, IndexError) as error:
        raise Damaged("the database of signatures has no head; freshclam brings it anew") from error


def judge_signatures(options: Options, when: datetime, now: datetime) -> Finding:
    """Judge when the newest signatures were made."""
    age = max(0.0, (now - when).total_seconds())
    message, figures = f"signatures {span(age)} old", {"signatures_age_seconds": float(round(age))}
    if age > options.fail_after.seconds:
        return Finding(Verdict.FAIL, message, figures)
    return Finding(Verdict.WARN if age > options.warn_after.seconds else Verdict.PASS, message, figures)


def judge_scan(options: Options, log: str, now: datetime) -> Finding:
    """Given the end of a log, judge the last scan that ended; names of files that it found are not repeated."""
    before, found, summary = log.rpartition(SUMMARY)
    fields = dict(FIELD.findall(summary))
    try:
        infected = int(fields["Infected files"])
        ended = datetime.strptime(fields["End Date"], "%Y:%m:%d %H:%M:%S").astimezone(UTC)  # it is in local time
    except (KeyError, ValueError):
        return Finding(Verdict.UNKNOWN, f"{options.log} tells of no scan that ended")
    own = before.rpartition(SUMMARY)[2]
    age = max(0.0, (now - ended).total_seconds())
    figures = {"infected_files": float(infected), "scan_age_seconds": float(round(age))}
    if infected and found:
        put_away = len(MOVED.findall(own)) >= infected
        where = "quarantined" if put_away else f"still there; {options.log} names them"
        message = f"the last scan found {counted(infected, 'infected file')}, {where}"
        return Finding(Verdict.WARN if put_away else Verdict.FAIL, message, figures)
    if nothing := _nothing(fields):
        return Finding(Verdict.UNKNOWN, f"the last scan {nothing}, so that it could find nothing", figures)
    if age > options.scanned_every.seconds:
        return Finding(Verdict.WARN, f"the last scan ended {span(age)} ago", figures)
    if fields.get("Total errors", "0") != "0":
        return Finding(Verdict.WARN, f"the last scan could not read all: {fields['Total errors'][:20]} errors", figures)
    if fields.get("Exit status", "0") != "0":
        return Finding(
            Verdict.WARN, "the last scan could not read all: journalctl -u seawall-antivirus tells why", figures
        )
    return Finding(Verdict.PASS, f"the last scan ended {span(age)} ago and found nothing", figures)


def _nothing(fields: Mapping[str, str]) -> str:
    """Return what a scan lacked to find anything, by its summary: its form is the same without signatures."""
    if fields.get("Known viruses", "").strip() == "0":
        return "knew no signature"
    return "looked at no file" if fields.get("Scanned files", "").strip() == "0" else ""


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEADER)


def _tail(path: Path) -> str:
    with plain_file.reading(path) as file:
        file.seek(max(0, file.seek(0, 2) - TAIL))
        return file.read().decode("utf-8", "replace")


KIND = Check(
    Options,
    probe,
    synonyms=("clamav", "freshclam", "virus", "malware"),
    why="A scanner with old signatures finds nothing and looks healthy. Its makers skip a day now and then, so one "
    "day without news is no fault; freshclam that stopped is one.",
    remedy="`systemctl status clamav-freshclam` and its log say why nothing new came; without internet, bring the "
    "files by the site's mirror. What a scan found: isolate the machine if it is no false alarm, and tell who is in "
    "charge.",
)
