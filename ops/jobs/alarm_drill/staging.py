"""Faults that a drill lays out in a folder of its own: real things, and nobody's.

A transient unit does it, as an account that systemd makes for it: without any right on this machine, with the loopback
address alone. The folder is that unit's runtime directory. So all of it is gone when the unit ends, and that ends with
the process of the drill, however that ends.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import select
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from ops.core import clock, notify, nut
from ops.core.errors import Unavailable, UsageError
from ops.core.files import write_json
from ops.core.names import Digest, HostName, Name
from ops.core.run import stream
from ops.core.verdict import Verdict
from ops.interfaces import joined, staged
from ops.interfaces.layout import DATA
from ops.interfaces.outcome import CopyFacts
from ops.interfaces.staged import Staged
from ops.interfaces.state import ARRIVALS, ActState, ArrivalsState, KeptRepository, State, written
from ops.keeper import quota, repository

NUT = Path("/lib/nut")  # where Debian has NUT's drivers, and its server
LOOPBACK = nut.LOOPBACK[0]
LONGEST = 3 * 86_400.0  # seconds; the unit's own limit is shorter
PATIENCE, POLL = 30.0, 0.2  # seconds until the simulated UPS must show its fault, and between two looks
OLD = timedelta(days=30)  # since the last copy
PACK, QUOTA = 64 << 10, 1 << 20  # bytes
MODE = 0o644  # the account of the checks reads it


def hold(fault: str, drill: int) -> None:
    """Lay a fault out, say that it is there, and hold it until the drill with a process number is over.

    Raise UsageError for whoever is not the unit of the drill, and Unavailable where the fault can't be made.
    """
    folder = os.environ.get("RUNTIME_DIRECTORY", "")
    if not folder or fault not in MAKERS:
        raise UsageError("only the unit of a drill holds its fault", "sudo seawall alarm-drill")
    try:
        over = os.pidfd_open(drill)
    except (OSError, ValueError) as error:
        raise Unavailable(f"the drill (process {drill}) is over already") from error
    os.umask(0o022)  # the account of the checks reads what is made
    try:
        with laid_out(fault, Path(folder)):
            notify.ready()
            select.select([over], [], [])  # readable once it has ended
    finally:
        os.close(over)


@contextmanager
def laid_out(fault: str, folder: Path) -> Iterator[None]:
    """Lay a fault out in a folder for a block; raise Unavailable where it can't be made."""
    states = folder / staged.STATES
    states.mkdir()
    with MAKERS[fault](folder) as (options, seen):
        for name, state in seen.items():
            write_json(states / f"{name}.json", written(state), mode=MODE)
        # Last, for with it the fault is there.
        write_json(folder / staged.FILE, staged.written(Staged(fault=fault, options=options)), mode=MODE)
        yield


Made = tuple[dict[str, Any], dict[str, State]]  # options of the kind of check, and what it sees beside them


@contextmanager
def _quota(folder: Path) -> Iterator[Made]:
    """Fill the quota of a repository with packs, and note it as a backup host's own look after it does."""
    host = HostName("seawall-drill")
    packs = folder / "repositories" / host / DATA
    packs.mkdir(parents=True)
    for _ in range(QUOTA // PACK):
        content = os.urandom(PACK)
        name = hashlib.sha256(content).hexdigest()
        (packs / name[:2]).mkdir(exist_ok=True)
        (packs / name[:2] / name).write_bytes(content)
    now = clock.now()
    with repository.opened(folder / "repositories", host) as opened:
        stored = list(repository.files(opened))
    used = quota.use(stored, now.timestamp())
    kept = KeptRepository(
        config=Digest(hashlib.sha256(b"").hexdigest()),
        files=len(stored),
        bytes=sum(one.size for one in stored),
        quota=QUOTA,
        used=used.used,
        daily=used.daily,
    )
    seen = ArrivalsState(verdict=Verdict.UNKNOWN, finished=clock.iso(now), repositories={host: kept})
    yield {}, {ARRIVALS: seen}


@contextmanager
def _copy(_: Path) -> Iterator[Made]:
    """Leave what a copy leaves that was made long ago, and was due each day since."""
    asset, copy, then = "seawall_drill", "stale", clock.iso(clock.now() - OLD)
    good = CopyFacts(time=then, copied=then, repository=copy)
    state = ActState(kind=Name("copy"), verdict=Verdict.PASS, asset=asset, started=then, finished=then, last_good=good)
    yield {"asset": asset, "copy": copy, "calendar": "daily"}, {joined.copy(asset, copy): state}


@contextmanager
def _host(_: Path) -> Iterator[Made]:
    """Let something be connected to that never says a word, as a machine that hangs."""
    with socket.create_server((LOOPBACK, 0)) as silent:
        once = {"warn_after_failures": 1, "fail_after_failures": 1}
        asked = {"host": LOOPBACK, "port": silent.getsockname()[1], "get": "/"}
        yield {**asked, "slow_after": "1s", "timeout": "2s", **once}, {}


@contextmanager
def _ups(folder: Path) -> Iterator[Made]:
    """Let NUT's own server show a simulated UPS that feeds from its battery; nobody's upsmon watches it."""
    if not (NUT / "dummy-ups").is_file():
        raise Unavailable(f"NUT's dummy-ups is not in {NUT}, so no UPS can be simulated", "the role ups installs it")
    conf, name, port = folder / "nut", "seawall-drill", _free_port()
    conf.mkdir()
    device = {"ups.status": "OB DISCHRG", "battery.charge": "97", "battery.runtime": "1500", "input.voltage": "0"}
    shown = "".join(f"{variable}: {value}\n" for variable, value in device.items())
    files = {
        "ups.conf": f"maxretry = 1\n[{name}]\n driver = dummy-ups\n port = {conf}/drill.dev\n pollinterval = 1\n",
        "upsd.conf": f"LISTEN {LOOPBACK} {port}\n",
        "upsd.users": "",
        "drill.dev": f"{shown}TIMER 5\n",
    }
    for file, text in files.items():
        (conf / file).write_text(text, "utf-8")
        (conf / file).chmod(0o640)
    env = {key: str(conf) for key in ("NUT_CONFPATH", "NUT_STATEPATH", "NUT_ALTPIDPATH", "NUT_PIDPATH")}
    with _runs("dummy-ups", ["-a", name], env), _runs("upsd", [], env):
        _wait(port, name)
        yield {"ups": name, "host": LOOPBACK, "port": port}, {}


@contextmanager
def _runs(program: str, words: list[str], env: Mapping[str, str]) -> Iterator[None]:
    """Let a program of NUT's run for a block."""
    with stream([NUT / program, *words, "-u", _account(), "-F"], timeout=LONGEST, env=env) as running:
        try:
            yield
        finally:
            running.dismiss()


def _wait(port: int, name: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if "OB" in nut.variables(LOOPBACK, port, name).get("ups.status", "").split():
                return
            said = "does not show its fault"
        except Unavailable as error:
            said = error.message
        if time.monotonic() > deadline:
            raise Unavailable(f"the simulated UPS {said}", "journalctl -u seawall-alarm-drill-fault")
        time.sleep(POLL)


def _free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as listener:
        return int(listener.getsockname()[1])


def _account() -> str:
    """Return the name of this account, to which NUT's programs change when root starts them, and only then."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return "nobody"


MAKERS: Mapping[str, Callable[[Path], AbstractContextManager[Made]]] = {
    "quota": _quota,
    "ups": _ups,
    "copy": _copy,
    "host": _host,
}
