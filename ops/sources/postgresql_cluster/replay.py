"""A cluster's log, played by a drill in a throwaway server: what that obeys, where it stopped, whether all is sound.

The files, and all that the log holds, may come from a machine that somebody broke into. Nothing of them is read here
but the heads of the segments.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ops.core.errors import SeawallError
from ops.core.plain_file import reading
from ops.core.verdict import Finding, Verdict, judged
from ops.interfaces.change_log import Archived, Recovery, Replay, Segment, first_number, history_of, is_segment, named
from ops.interfaces.server import CATALOGUE_SECONDS, TABLE_SECONDS, Engine, Server
from ops.sources.machine.clusters.recovery import LARGEST_TEXT
from ops.sources.postgresql.facts import INVALID
from ops.sources.postgresql.integrity import sound
from ops.sources.postgresql.verify import answer, beside
from ops.sources.postgresql_cluster.facts import ClusterFilesFacts
from ops.sources.postgresql_cluster.recover import files_of_settings, made_ready

_HOME = "/mnt"
_MOST_NAMED = 3
# Of a segment's first page: what it is, its timeline and place; then of which cluster, and how large segments and pages
# are (PostgreSQL's access/xlog_internal.h).
HEAD = struct.Struct("=HHIQIIQII")
_TIME = r"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?)\+00"
_STOPPED = re.compile(rf"^LOG:  recovery stopping before (?:commit|abort) of .{{1,60}}, time {_TIME}$", re.MULTILINE)
_LAST = re.compile(rf"^LOG:  last completed transaction was at log time {_TIME}$", re.MULTILINE)
_LOCALE = re.compile(r"([a-z]{2,3}_[A-Z]{2})(?:\.([A-Za-z0-9-]{1,20}))?(@[a-z]{1,20})?")  # C and C.UTF-8 are there
_NAMES = "select datname from pg_catalog.pg_database where datallowconn order by 1"


def engine(facts: ClusterFilesFacts) -> Engine:
    """Return the server of the cluster's own version, which recovers as soon as it is started."""
    programs = f"/usr/lib/postgresql/{int(facts.cluster.major)}/bin"
    return Engine(
        name=f"PostgreSQL {facts.cluster.major}",
        user="postgres",
        initialise=(f"{programs}/pg_controldata", "-D", f"{_HOME}/data"),
        start=(f"{programs}/postgres", "-D", f"{_HOME}/data", "-c", f"config_file={_HOME}/settings/postgresql.conf"),
        environment={
            "PGHOST": f"{_HOME}/socket",
            "PGUSER": "postgres",
            "LC_ALL": "C",
            "LOCPATH": f"{_HOME}/locale:/usr/lib/locale",
        },
        ready=(f"{programs}/pg_isready", "--quiet"),
    )


def lay(wanted: Recovery) -> None:
    """Write what the recovery begins with, and put aside the cluster's own settings; raise Damaged."""
    assert isinstance(wanted.facts, ClusterFilesFacts)  # noqa: S101 -- of this kind
    made_ready(wanted, wanted.facts)


def locales(facts: ClusterFilesFacts) -> Sequence[Sequence[str]]:
    """Return the programs that make the locales of the cluster's databases, which a bare tree lacks.

    Without the one of a database, PostgreSQL lets nobody connect to it.
    """
    wanted = {name for one in facts.cluster.databases.values() for name in (one.collate, one.ctype)}
    return [_made(match) for match in map(_LOCALE.fullmatch, sorted(wanted)) if match]


def _made(match: re.Match[str]) -> Sequence[str]:
    language, letters, variant = match[1], match[2], match[3] or ""
    charmap = ("-f", "UTF-8" if letters.upper() in {"UTF8", "UTF-8"} else letters) if letters else ()
    return ("localedef", "-i", f"{language}{variant}", *charmap, f"{_HOME}/locale/{match[0]}")


def settings(told: str, moment: datetime) -> Mapping[str, str]:
    """Return the server's files of settings by name; told: what pg_controldata says of the cluster."""
    files = files_of_settings(f"{_HOME}/settings", f"{_HOME}/socket", told, moment, way="trust")
    # What is thrown away need not survive a power cut; the log goes to us alone.
    more = {"fsync": "off", "log_line_prefix": "", "jit": "off", "huge_pages": "off"}
    return {**files, "postgresql.conf": files["postgresql.conf"] + "".join(f"{a} = '{b}'\n" for a, b in more.items())}


def look(folder: Path, names: Collection[str], facts: ClusterFilesFacts) -> Finding:
    """Say whether the files of a log are there, each whole and of its own place in this cluster's log."""
    size = facts.cluster.segment_bytes
    there = {path.name for path in folder.iterdir()}
    missing = sorted({*names} - there)
    wrong = [f"{', '.join(missing[:_MOST_NAMED])} of {len(missing)} missing files"] if missing else []
    try:
        segments = sorted((Segment.of(name, size), name) for name in there if is_segment(name))
    except ValueError as error:
        return judged([*wrong, str(error)], "")
    if not segments:
        return judged([*wrong, "there is no segment of the log"], "")
    starts = {line: first for name in there if (line := history_of(name)) and (first := _start(folder / name, size))}
    known = Archived([one for one, _ in segments], starts)
    if lost := known.missing(segments[0][0], known.newest(segments[0][0])):
        wrong.append(f"{named(lost, size)} is missing between them")
    systems: set[int] = set()
    heads = (_misplaced(folder / name, one, size, starts, systems) for one, name in segments)
    bad = [said for said in heads if said]
    if len(systems) > 1:
        bad.append("the segments are of several clusters")
    return judged([*wrong, *bad[:_MOST_NAMED]], f"{len(segments)} segments, each whole and in its place")


def _start(history: Path, size: int) -> int | None:
    with reading(history) as file:
        return first_number(file.read(LARGEST_TEXT).decode("utf-8", "replace"), size)


def _misplaced(path: Path, one: Segment, size: int, starts: Mapping[int, int], systems: set[int]) -> str:
    """Return what is wrong with a segment; nothing where all is right. systems: of which clusters they are."""
    with reading(path) as file:
        head = file.read(HEAD.size)
    if (bytes_ := path.lstat().st_size) != size:
        return f"{path.name} has {bytes_} bytes instead of {size}"
    _, _, timeline, address, _, _, system, bytes_, _ = HEAD.unpack(head)
    systems.add(system)
    if (address, bytes_) != (one.number * size, size):
        return f"{path.name} is another place of a log"
    # A new timeline's first segment begins with what the one before had written of it.
    if timeline > one.timeline or (timeline < one.timeline and one.number != starts.get(one.timeline)):
        return f"{path.name} is of timeline {timeline}"
    return ""


def reached(said: str, moment: datetime) -> Finding:
    """Say whether a server stopped at a moment: after the last commit before it, and before the next one."""
    stopped, last = _STOPPED.findall(said), _LAST.findall(said)
    if not stopped:
        return Finding(Verdict.FAIL, f"the log ended before {_shown(moment)} was reached")
    ends, begins = _read(stopped[-1]), _read(last[-1]) if last else None
    if ends <= moment or (begins and begins > moment):
        return Finding(Verdict.FAIL, f"the server stopped at {_shown(ends)} instead of {_shown(moment)}")
    before = f"the last commit before it is of {_shown(begins)}" if begins else "no commit lies between it and the set"
    return Finding(Verdict.PASS, f"recovered to {_shown(moment)}; {before}, the next one of {_shown(ends)}")


def _read(text: str) -> datetime:
    return datetime.fromisoformat(text.ljust(26, "0") if "." in text else text).replace(tzinfo=UTC)


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"


def databases(server: Server, facts: ClusterFilesFacts) -> Sequence[str]:
    """Return the names of the databases of a server that can be connected to; raise SeawallError."""
    with beside(server, "template1", facts.cluster.major) as session:
        return session.tell(_NAMES)


def all_sound(server: Server, facts: ClusterFilesFacts, names: Sequence[str]) -> Iterator[tuple[str, Finding]]:
    """Look into each table and index of each database; yield what is found by database."""
    for name in names:
        try:
            with beside(server, name, facts.cluster.major) as session:
                session.seconds = CATALOGUE_SECONDS
                # One may be invalid at any moment: while it is built, or ever since that failed.
                invalid = session.ask(INVALID)
                session.seconds = TABLE_SECONDS
                yield name, sound(session, invalid, invalid, facts.cluster.major)
        except SeawallError as error:
            yield name, Finding(Verdict.FAIL, f"can't be queried: {error}")


REPLAY = Replay(engine, look, lay, locales, settings, reached, databases, all_sound, answer)
