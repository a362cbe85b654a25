"""A restored cluster, recovered to a moment by its archived log: started where nobody can reach it, and ended again.

The files may come from a machine that somebody broke into: of their own settings none is obeyed, no library is loaded
beforehand, nothing is written through a link, and the server runs as its own account.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ops.core.errors import CommandError, Damaged, Unavailable, UsageError
from ops.core.names import TreePath
from ops.core.plain_file import reading
from ops.core.quantity import span
from ops.core.run import run
from ops.core.verdict import Verdict
from ops.interfaces.change_log import Recovered, Recovery, Segment
from ops.interfaces.server import MOST_ANSWERED
from ops.sources._shared.file_sample import compared
from ops.sources.machine.clusters.online_backup import LABEL, SPACES
from ops.sources.machine.clusters.recovery import LARGEST_TEXT, SETTINGS, SIGNAL, lay
from ops.sources.postgresql_cluster.facts import ClusterFilesFacts

ACCOUNT = "postgres"
AT_MOST = 172_800  # seconds that a recovery may take
DATA, SERVER = "data", "server"
_SHORT, _HOUR, _LOOK_SECONDS = 120.0, 3600.0, 0.1
_NEITHER = ("-xdev", "!", "-type", "f", "!", "-type", "d")
_STATUS_LINE = 7  # of postmaster.pid
_PLAIN = re.compile(r"/[A-Za-z0-9/_.,+@-]*")
_LAST = re.compile(r"last completed transaction was at log time ([0-9:. +-]{10,40}?)$", re.MULTILINE)
_DONE = re.compile(r"redo done at ([0-9A-F]{1,8})/([0-9A-F]{1,8})\b")
_WHY = re.compile(r"(?:FATAL|PANIC|ERROR): +(.{1,300})$", re.MULTILINE)
_PREPARED = re.compile(r"^max_prepared_xacts setting: +(\d{1,6})$", re.MULTILINE)
# What the catalog may set for a session, and so may run code of theirs: libraries, and triggers of a login.
_SESSION = ("session_preload_libraries=", "local_preload_libraries=")
_LOGIN, _FIRST_WITH_LOGIN = ("event_triggers=off",), 17
_HINT = """\
the cluster is in {data}, recovered and ended; its server's log is {server}/log. To look at it:
  runuser -u postgres -- {programs}/pg_ctl -D {data} -o '-c config_file={server}/postgresql.conf' start
  runuser -u postgres -- psql -h {server}
To use it, end it, put it in the place of the old data directory and start PostgreSQL: docs/point-in-time.md"""


def recover(wanted: Recovery) -> Recovered:
    """Recover a cluster and end it; raise Damaged where that is impossible, with what PostgreSQL says."""
    facts = wanted.facts
    if not isinstance(facts, ClusterFilesFacts):
        raise Damaged("these are not the facts of a cluster")
    programs, server = demand_able(wanted.folder, facts.cluster.major), wanted.folder / SERVER
    _settle(wanted, facts, programs, server)
    with _running(programs, wanted.folder / DATA, server):
        names = _asked(
            server, facts.cluster.major, "select datname from pg_catalog.pg_database where datallowconn order by 1"
        )
    said = _log(server)
    if wanted.certain and not wanted.moment:
        _demand_reached(said, wanted.certain, facts.cluster.segment_bytes, server)
    last = _LAST.findall(said)
    hint = _HINT.format(data=wanted.folder / DATA, server=server, programs=programs)
    return Recovered(last[-1].strip() if last else "", names, hint)


def _settle(wanted: Recovery, facts: ClusterFilesFacts, programs: Path, server: Path) -> None:
    """Make a cluster's files ready for a server of ours, and give all of them to its account; raise Damaged."""
    here = wanted.held
    _only_files(here)
    _demand_content(here / DATA, facts)
    made_ready(wanted, facts)
    (here / SERVER).mkdir(mode=0o700)
    told = run([str(programs / "pg_controldata"), str(here / DATA)], timeout=_SHORT, env={"LC_ALL": "C"})
    for name, text in files_of_settings(str(server), str(server), told.stdout, wanted.moment).items():
        (here / SERVER / name).write_text(text, encoding="utf-8")
    (here / DATA).chmod(0o700)  # as long as nobody else can put a link there
    # Behind the last /, for the descriptor itself is a link.
    run(["chown", "--recursive", "--no-dereference", f"{ACCOUNT}:{ACCOUNT}", f"{here}/"], timeout=_HOUR)


def _only_files(folder: Path) -> None:
    """Remove what is neither a file nor a folder: PostgreSQL keeps nothing else, and makes its own links anew.

    A device would become the account's, and a link would lead it to the files of the server that runs here.
    """
    run(["find", f"{folder}/", *_NEITHER, "-delete"], timeout=_HOUR)


def made_ready(wanted: Recovery, facts: ClusterFilesFacts) -> None:
    """Write what a recovery begins with into the data directory, and put aside what it must not obey; raise Damaged."""
    texts = {LABEL: _text(wanted, f"{LABEL}-{facts.port}"), SIGNAL: b""}
    if spaces := _text(wanted, f"{SPACES}-{facts.port}"):
        texts[SPACES] = _moved(spaces, wanted.spaces)
    lay(wanted.held, f"/{DATA}", texts, (SETTINGS, "standby.signal"))


def _demand_reached(said: str, certain: Segment, size: int, server: Path) -> None:
    """Raise Damaged unless a server played its log up to some segment: what it can't read is the end of it for it."""
    ends = _DONE.findall(said)
    number = ((int(ends[-1][0], 16) << 32) + int(ends[-1][1], 16)) // size if ends else -1
    if number < certain.number:
        name = Segment(certain.timeline, max(number, 0)).name(size)
        raise Damaged(
            f"the log can be played up to {name if ends else 'its beginning'} only, not to {certain.name(size)}: what "
            f"follows is damaged, or of another server",
            f"use --at with an earlier moment; the server's log is {server}/log",
        )


def demand_able(folder: Path, major: int) -> Path:
    """Return where the programs of a major version are; raise UsageError or Unavailable unless they can work there."""
    programs = Path(f"/usr/lib/postgresql/{int(major)}/bin")
    if not (programs / "pg_ctl").is_file():
        raise Unavailable(f"PostgreSQL {major} is not installed here", f"apt install postgresql-{major}")
    if not _PLAIN.fullmatch(str(folder)):
        raise UsageError(f"{folder} holds characters that PostgreSQL's programs can't take", "use another folder")
    try:
        run(["runuser", "-u", ACCOUNT, "--", "test", "-x", str(folder.parent)], timeout=_SHORT)
    except CommandError as error:
        raise UsageError(
            f"the account {ACCOUNT} can't enter {folder.parent}", "use a folder that it can reach"
        ) from error
    return programs


def _demand_content(data: Path, facts: ClusterFilesFacts) -> None:
    """Raise Damaged unless the sampled files below the data directory have the content that the manifest tells."""
    begin = f"{facts.cluster.data}/"
    below = {TreePath(path[len(begin) - 1 :]): one for path, one in facts.sample.items() if path.startswith(begin)}
    finding = compared(data, replace(facts, sample=below), ())
    if finding.verdict is not Verdict.PASS and below:
        raise Damaged(
            f"the restored files are not as the manifest says: {finding.message}", "use another set, or --from"
        )


def _text(wanted: Recovery, name: str) -> bytes:
    path = wanted.companions.get(name)
    if path is None:
        return b""
    with path.open("rb") as file:
        return file.read(LARGEST_TEXT)


def _moved(text: bytes, spaces: Mapping[str, Path]) -> bytes:
    """Return PostgreSQL's list of table spaces with the folders where they are now; raise Damaged for others."""
    lines = []
    for line in filter(None, text.decode("utf-8", "surrogateescape").split("\n")):
        number, _, path = line.partition(" ")
        if not number.isdigit() or path not in spaces:
            raise Damaged("the list of table spaces beside the manifest names a folder that is not in the set")
        lines.append(f"{number} {spaces[path]}\n")
    return "".join(lines).encode()


def files_of_settings(
    server: str, sockets: str, told: str, moment: datetime | None, way: str = "peer"
) -> dict[str, str]:
    """Return a server's files of settings by name; wherever the cluster had others, they are not obeyed.

    server: the folder that they lie in. told: what pg_controldata says. way: how who reaches its socket is let in.
    """
    prepared = _PREPARED.search(told)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": sockets,
        "hba_file": f"{server}/pg_hba.conf",
        "ident_file": f"{server}/pg_ident.conf",
        "archive_mode": "off",
        "restore_command": "/bin/false",  # all of it lies in pg_wal already
        "recovery_target_timeline": "latest",
        "hot_standby": "off",
        "shared_preload_libraries": "",
        "max_prepared_transactions": prepared[1] if prepared else "0",
        "max_logical_replication_workers": "0",
        "autovacuum": "off",
        "ssl": "off",
        "logging_collector": "off",
        "log_destination": "stderr",
        "lc_messages": "C",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    if moment:
        at = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00")
        settings |= {"recovery_target_time": at, "recovery_target_action": "promote"}
    return {
        "postgresql.conf": "".join(f"{name} = '{value}'\n" for name, value in settings.items()),
        "pg_hba.conf": f"local all all {way}\n",
        "pg_ident.conf": "",
    }


@contextmanager
def _running(programs: Path, data: Path, server: Path) -> Iterator[None]:
    """Start the server, wait for the end of its recovery, and end it with the block; raise Damaged."""
    control = ["runuser", "-u", ACCOUNT, "--", str(programs / "pg_ctl"), "-D", str(data)]
    words = [
        "-w",
        "-t",
        str(AT_MOST),
        "-s",
        "-l",
        str(server / "log"),
        "-o",
        f"-c config_file={server}/postgresql.conf",
    ]
    try:
        run([*control, *words, "start"], timeout=AT_MOST, cwd=Path("/"))
        _await(data, server)
        yield
    except CommandError as error:
        raise _failed(server) from error
    finally:
        if (data / "postmaster.pid").exists():
            run([*control, "-w", "-s", "-m", "fast", "stop"], timeout=3600, cwd=Path("/"), ok=(0, 1))


def _await(data: Path, server: Path) -> None:
    """Wait for the end of the recovery: pg_ctl waits for its beginning alone; raise Damaged when the server is gone."""
    deadline = time.monotonic() + AT_MOST
    while (status := _status(data)) != "ready":
        if status is None:
            raise _failed(server)
        if time.monotonic() > deadline:
            raise Unavailable(f"the recovery did not end within {span(AT_MOST)}", f"its log is {server}/log")
        time.sleep(_LOOK_SECONDS)


def _status(data: Path) -> str | None:
    """Return what the server writes of its state; None when it has ended."""
    try:
        with reading(data / "postmaster.pid") as file:
            lines = file.read(LARGEST_TEXT).decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return None
    return lines[_STATUS_LINE].strip() if len(lines) > _STATUS_LINE else ""


def _failed(server: Path) -> Damaged:
    why = _WHY.findall(_log(server))
    message = f"PostgreSQL did not recover the cluster: {why[-1] if why else 'its log does not say why'}"
    return Damaged(message, f"its log is {server}/log")


def _log(server: Path) -> str:
    """Return the end of the server's log."""
    with suppress(FileNotFoundError), reading(server / "log") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - LARGEST_TEXT))
        return file.read(LARGEST_TEXT).decode("utf-8", "replace")
    return ""


def _asked(server: Path, major: int, query: str) -> list[str]:
    """Ask a recovered server; the settings that its databases and roles have for a session are not obeyed either."""
    argv = ["runuser", "-u", ACCOUNT, "--", "psql", "-XAtq", "--no-password", f"--host={server}", "-d", "postgres"]
    plain = [*_SESSION, *(_LOGIN if int(major) >= _FIRST_WITH_LOGIN else ())]
    variables = {"PGOPTIONS": " ".join(f"-c {word}" for word in plain)}
    return run(
        [*argv, "-c", query], timeout=_SHORT, cwd=Path("/"), env=variables, most=MOST_ANSWERED
    ).stdout.splitlines()
