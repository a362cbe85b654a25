"""Ways in which an account of a machine may try what it must not; each returns when it went well.

This file is sent to the machine, and needs nothing but Python.
"""

import ctypes
import http.client
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

SERVER, KEEPER, DRILLER = "server", "backup host", "drill host"
ANY = "every machine"
DENIED, NOT_PERMITTED, READ_ONLY = "Permission denied", "Operation not permitted", "Read-only file system"
ABSENT, UNREACHABLE, REFUSED = "No such file or directory", "Network is unreachable", "refused"
SECRETS, LIB, RUN, CACHE = map(
    Path, ("/etc/seawall/credentials", "/var/lib/seawall", "/run/seawall", "/var/cache/seawall")
)
STORED = Path("/srv/seawall")
VICTIM = Path("/root/seawall-attacked")  # made before by root, 0600
PRECIOUS = "k7rt2mvx93hq4nbs8wzp5cdy6fga4jue2lmr9xkq"
ASSET = "documents"
ASIDE = ".attacked"


@dataclass(frozen=True)
class Attack:
    """account: who acts. kind: of machine. tried: in words. act: does it; it returns when it went well.

    says: the error that stops it. why: what stands behind that. harm: of a trap, looks whether root fell into it.
    """

    account: str
    kind: str
    tried: str
    act: Callable[[], object]
    says: str
    why: str
    harm: Callable[[], bool] | None = None


def write(path: Path) -> Callable[[], object]:
    def act() -> object:
        path.parent.mkdir(parents=True, exist_ok=True)  # it may not be there on a small machine
        handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.close(handle)
        return f"{path} could be written"

    return act


def read(path: Path) -> Callable[[], object]:
    def act() -> object:
        return len([*path.iterdir()]) if path.is_dir() else len(path.read_bytes()[:100])

    return act


def enter(path: Path) -> Callable[[], object]:
    """Reach a path by the eyes of any other process that can be seen."""

    def act() -> object:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if list((process / "root" / path.relative_to("/")).iterdir()):
                    return f"process {process.name} led there"
            except OSError:
                continue
        raise OSError(ABSENT)

    return act


def run(*argv: str) -> Callable[[], object]:
    def act() -> object:
        try:
            done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
        except OSError as error:
            raise OSError(REFUSED) from error  # the program is not there, or not for this account
        if done.returncode:
            raise OSError(REFUSED)
        return done.stdout

    return act


def become_root() -> object:
    os.setresuid(0, 0, 0)
    return "became root"


def replace(folder: Path) -> Callable[[], object]:
    """Put an own folder in the place of another one."""

    def act() -> object:
        aside = folder.rename(folder.with_name(f"{folder.name}{ASIDE}"))
        aside.rename(folder)
        return "was moved away"

    return act


def link_to_root() -> object:
    os.link("/etc/shadow", LIB / "state/attack.json")
    (LIB / "state/attack.json").unlink()
    return "a file of root's has a further name"


def give_to_root() -> object:
    path = LIB / "state/attack"
    try:
        path.write_text("#!/bin/sh\n")
        os.chown(path, 0, 0)
        return "a file of the account's became root's"
    finally:
        path.unlink(missing_ok=True)


def environment() -> object:
    return Path("/proc/1/environ").read_bytes()


def mount() -> object:
    if ctypes.CDLL(None, use_errno=True).mount(b"none", str(LIB).encode(), b"tmpfs", 0, None):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "mounted"


def device() -> object:
    os.mknod("/tmp/seawall-attack", 0o60600, os.makedev(7, 0))
    return "made a device"


def end_systemd() -> object:
    os.kill(1, signal.SIGHUP)
    return "signalled"


def forged_request() -> object:
    """Leave a request in the place where root leaves them, and have Seawall's own code take it over."""
    sys.path.insert(0, "/usr/share/seawall")
    from ops.core import clock
    from ops.interfaces.request import written
    from ops.jobs.run.handover import taken_over
    from ops.jobs.run.override import LOSS, Override

    act = "backup-attacked"
    wish = Override(LOSS, "none", "person:ana")
    (RUN / f"account/{act}.request").write_text(written(wish, act, clock.now()))
    if taken_over(act, Override) is None:
        raise OSError("not followed")
    return "followed"


def planted(path: Path) -> Callable[[], object]:
    """Put a link to a file of root's in the place of one of the account's, which is kept aside."""

    def act() -> object:
        if os.path.lexists(path):
            path.rename(path.with_name(f".{path.name}{ASIDE}"))
        path.symlink_to(VICTIM)
        raise OSError("not followed")  # unless root's look finds otherwise

    return act


def told() -> bool:
    """Whether root's secret stands where the account can read it; and root's file is what it was."""
    places = (LIB / "state", LIB / "ledger", RUN / "account")
    texts = (
        path.read_bytes() for place in places for path in place.rglob("*") if path.is_file() and not path.is_symlink()
    )
    return changed() or any(PRECIOUS.encode() in text for text in texts)


def changed() -> bool:
    seen = VICTIM.stat()
    return (seen.st_uid, seen.st_mode & 0o777, VICTIM.read_text()) != (0, 0o600, PRECIOUS)


def asked(method: str, path: str, machine: str = "his1") -> Callable[[], object]:
    """Ask the readers' port with a drill host's account; only root has its password, so root sends it."""

    def act() -> object:
        text = (SECRETS / "his1-primary.url").read_text().strip().removeprefix("rest:")
        parts = urlsplit(text)
        import base64

        account = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        context = ssl.create_default_context(cafile=str(SECRETS / "ca.pem"))
        line = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=20, context=context)
        home = parts.path.replace("/his1/", f"/{machine}/").rstrip("/")
        headers = {"Authorization": "Basic " + base64.b64encode(account.encode()).decode()}
        line.request(method, f"{home}{path}", body=b"x" if method != "GET" else None, headers=headers)
        status = line.getresponse().status
        line.close()
        if status >= http.client.BAD_REQUEST:
            raise OSError(f"HTTP {status}")
        return status

    return act


def reach() -> object:
    import socket

    with socket.create_connection(("198.18.0.1", 443), timeout=5):
        return "connected"
