"""What the accounts of a machine try in order to become root, to read a secret, or to alter a file of root's.

This file runs on the machine itself, as the account, and needs nothing but Python: `KIND ACCOUNT [sprung]` are its
words, and it prints what became of each act; `table` prints the table. A trap is set by the account, sprung by an act
of root's, and looked at by root then. docs/security.md has this table; a test compares the two.
"""

import ctypes
import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
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


def run(*argv: str) -> Callable[[], object]:
    def act() -> object:
        try:
            done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
        except FileNotFoundError as error:
            raise OSError(REFUSED) from error  # the program is not there at all
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


ROOTS = "only root may write there"
HOME = "only root may write in the folder above"
ALONE = "only root may read there"
UNPRIVILEGED = "the account has no capability for it"
CLOSED = "the repositories' folder is closed to others"
OUTSIDE = "its unit sees little of the system, and none of it writable"
POSTGRES = Path("/var/lib/postgresql")
WRITABLE_BY_NONE = (
    ("describe a unit that runs as root", Path("/etc/systemd/system/seawall-attack.service")),
    ("describe a unit in memory", Path("/run/systemd/system/seawall-attack.service")),
    ("add a rule of udev, which runs programs", Path("/run/udev/rules.d/99-seawall-attack.rules")),
    ("add a job of cron", Path("/etc/cron.d/seawall-attack")),
    ("alter Seawall's own program", Path("/usr/share/seawall/ops/__init__.py")),
    ("alter the policy", Path("/etc/seawall/policy.json")),
    ("add a key to those that may sign", Path("/etc/seawall/allowed_signers")),
    ("alter the folders that are made at every start", Path("/etc/tmpfiles.d/seawall.conf")),
)
UNREADABLE = (
    ("list the secrets", SECRETS),
    ("read the key of the ledger", SECRETS / "ledger.key"),
    ("read the hashes of passwords", Path("/etc/shadow")),
    ("read what root asked of a unit, or holds", RUN / "root"),
    ("read the cache of root's restic", CACHE / "root"),
    ("read root's own files", Path("/root")),
)


def everywhere(account: str, kind: str) -> Iterator[Attack]:
    """Yield what any account may try."""
    yield Attack(account, kind, "become root by a system call", become_root, NOT_PERMITTED, UNPRIVILEGED)
    yield Attack(
        account,
        kind,
        "become root by sudo",
        run("sudo", "-n", "true"),
        REFUSED,
        "no rule lets it, and sudo need not be there",
    )
    for tried, path in WRITABLE_BY_NONE[4:6]:
        yield Attack(account, kind, tried, write(path), DENIED, ROOTS)
    yield Attack(account, kind, "list the secrets", read(SECRETS), DENIED, ALONE)


def of_seawall() -> Iterator[Attack]:
    """Yield what the account of the units tries, as a program that runs in its name and without any unit's confines."""
    me = "seawall"
    yield Attack(me, ANY, "become root by a system call", become_root, NOT_PERMITTED, UNPRIVILEGED)
    yield Attack(
        me,
        ANY,
        "become root by sudo",
        run("sudo", "-n", "true"),
        REFUSED,
        "no rule lets it, and sudo need not be there",
    )
    words = ("systemd-run", "--quiet", "--wait", "true")
    yield Attack(me, ANY, "have systemd run a program as root", run(*words), REFUSED, "only root may start units")
    start = run("systemctl", "start", "seawall-health.service")
    yield Attack(me, ANY, "start a unit", start, REFUSED, "only root may start units")
    yield Attack(me, ANY, "read what systemd has in its memory", read(Path("/proc/1/mem")), DENIED, UNPRIVILEGED)
    yield Attack(me, ANY, "read systemd's environment", environment, DENIED, UNPRIVILEGED)
    yield Attack(me, ANY, "signal systemd", end_systemd, NOT_PERMITTED, UNPRIVILEGED)
    yield Attack(me, ANY, "mount something over the folders", mount, NOT_PERMITTED, UNPRIVILEGED)
    yield Attack(me, ANY, "make a device", device, NOT_PERMITTED, UNPRIVILEGED)
    for tried, path in WRITABLE_BY_NONE:
        yield Attack(me, ANY, tried, write(path), DENIED, ROOTS)
    for tried, path in UNREADABLE:
        yield Attack(me, ANY, tried, read(path), DENIED, ALONE)
    yield Attack(me, ANY, "put another folder in the place of the states", replace(LIB / "state"), DENIED, HOME)
    yield Attack(me, ANY, "put another folder in the place of the ledger", replace(LIB / "ledger"), DENIED, HOME)
    yield Attack(me, ANY, "put another folder in the place of root's locks", replace(RUN / "root"), DENIED, HOME)
    settings = write(LIB / ".psqlrc")
    yield Attack(me, ANY, "leave settings that run a program", settings, DENIED, HOME)
    note = write(RUN / "root/kept-his.json")
    yield Attack(me, ANY, "say which program root runs in a held system", note, DENIED, ROOTS)
    asked_of_root = write(RUN / "root/drill-his.request")
    yield Attack(me, ANY, "ask a drill of root's in a person's name", asked_of_root, DENIED, ROOTS)
    whose = "a request must be root's file, and whoever asked must still wait"
    yield Attack(me, ANY, "ask a backup in a person's name", forged_request, "not followed", whose)
    yield Attack(
        me,
        ANY,
        "give a file of root's a name among the states",
        link_to_root,
        NOT_PERMITTED,
        "the kernel's protected_hardlinks",
    )
    yield Attack(me, ANY, "give a file of its own to root", give_to_root, NOT_PERMITTED, UNPRIVILEGED)
    data = read(POSTGRES / "15/main")
    yield Attack(
        me,
        SERVER,
        "read a database's files",
        data,
        DENIED,
        "they are the database's; only units of backups of files read all",
    )
    for name in ("primary.password", "offsite.url"):
        yield Attack(me, SERVER, f"read {name}", read(SECRETS / name), DENIED, ALONE)
    for name in ("drills", "trees"):
        yield Attack(me, DRILLER, f"read the {name} of the drill host", read(LIB / name), DENIED, ALONE)
        yield Attack(me, DRILLER, f"put another folder in the place of the {name}", replace(LIB / name), DENIED, HOME)
    yield Attack(me, KEEPER, "read a repository", read(STORED / "his1"), DENIED, CLOSED)
    yield Attack(me, KEEPER, "write into a repository", write(STORED / "attack"), DENIED, CLOSED)
    key = read(SECRETS / "tls.key")
    yield Attack(me, KEEPER, "read the key of the server's certificate", key, DENIED, ALONE)
    yield from traps(me)


def traps(me: str) -> Iterator[Attack]:
    """Yield what waits for root, who restores something then."""
    how = "root opens plain files of the account alone"
    for tried, path, harm in (
        ("have root tell a secret from the mark of an act", LIB / f"state/restore-{ASSET}.running", told),
        ("have root destroy a file by a state", LIB / f"state/restore-{ASSET}.json", changed),
        ("have root destroy a file by a lock", RUN / f"account/restore-{ASSET}.lock", changed),
        ("have root destroy a file by the ledger's head", LIB / "ledger/.ledger.jsonl.head.new", changed),
    ):
        yield Attack(me, SERVER, tried, planted(path), "not followed", how, harm)


def of_servers() -> Iterator[Attack]:
    """Yield what the accounts of a backup host's servers try outside their units."""
    for me in ("restic-rest-server", "seawall-reader", "www-data"):
        yield from everywhere(me, KEEPER)
        key = read(SECRETS / "tls.key")
        yield Attack(me, KEEPER, "read the key of the server's certificate", key, DENIED, ALONE)
        yield Attack(
            me,
            KEEPER,
            "alter the states of the machine",
            write(LIB / "state/attack.json"),
            DENIED,
            "only its account and root",
        )
        yield Attack(
            me, KEEPER, "read the ledger of the machine", read(LIB / "ledger"), DENIED, "only its account and root"
        )
        lists = write(Path("/etc/restic-rest-server/users.htpasswd"))
        yield Attack(me, KEEPER, "alter the list of accounts", lists, DENIED, ROOTS)
    for me in ("seawall-reader", "www-data"):
        yield Attack(me, KEEPER, "read a repository outside its unit", read(STORED), DENIED, CLOSED)
        yield Attack(me, KEEPER, "write into a repository", write(STORED / "attack"), DENIED, CLOSED)
    listed = write(Path("/etc/seawall-readers/nginx.conf"))
    yield Attack("www-data", KEEPER, "alter what the readers' port passes", listed, DENIED, ROOTS)


INSIDE = "seawall-reader, in its unit"


def of_reader_inside() -> Iterator[Attack]:
    """Yield what the reader tries where it may read every file that it sees."""
    yield Attack(INSIDE, KEEPER, "write into a repository", write(STORED / "attack"), READ_ONLY, OUTSIDE)
    yield Attack(INSIDE, KEEPER, "read the secrets", read(SECRETS / "tls.key"), ABSENT, OUTSIDE)
    yield Attack(INSIDE, KEEPER, "read the hashes of passwords", read(Path("/etc/shadow")), ABSENT, OUTSIDE)
    yield Attack(INSIDE, KEEPER, "tell somebody on the network", reach, UNREACHABLE, "its unit has no network")


def reach() -> object:
    import socket

    with socket.create_connection(("198.18.0.1", 443), timeout=5):
        return "connected"


PORT = "a drill host's account, at the readers' port"


def of_port() -> Iterator[Attack]:
    """Yield what a drill host's account tries at the port that it reads from."""
    name = "/snapshots/" + "0" * 64
    only = "nginx passes GET and HEAD alone; the server behind it can't write"
    yield Attack(PORT, DRILLER, "add a snapshot", asked("POST", name), "HTTP 403", only)
    yield Attack(PORT, DRILLER, "remove a lock", asked("DELETE", name.replace("snapshots", "locks")), "HTTP 403", only)
    yield Attack(PORT, DRILLER, "replace the repository's settings", asked("PUT", "/config"), "HTTP 403", only)
    other = asked("GET", "/config", "nobody")
    yield Attack(
        PORT, DRILLER, "read a machine that it does not drill", other, "HTTP 404", "there is no such place for it"
    )


ATTACKS = (*of_seawall(), *of_servers(), *of_reader_inside(), *of_port())


def table() -> str:
    """Return the table of docs/security.md: who, on which machine, what was tried, what stopped it.

    What several accounts tried in the same way stands in one row.
    """
    accounts: dict[tuple[str, str, str], list[str]] = {}
    for one in ATTACKS:
        accounts.setdefault((one.kind, one.tried, f"{one.why} ({one.says})"), []).append(one.account)
    rows = [("account", "on", "tried to", "stopped by"), ("---",) * 4]
    rows += [(", ".join(names), *row) for row, names in accounts.items()]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def chosen(kind: str, account: str) -> list[Attack]:
    return [one for one in ATTACKS if one.account == account and one.kind in {kind, ANY}]


def outcome(one: Attack) -> str:
    """Return what stopped an act; nothing when it went well."""
    try:
        one.act()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def main(kind: str, account: str, *, sprung: bool) -> None:
    """Act, or look as root whether it fell into a trap."""
    mine = chosen(kind, account)
    if sprung:
        print(json.dumps({one.tried: "" if one.harm() else one.says for one in mine if one.harm}))
    else:
        print(json.dumps({one.tried: outcome(one) for one in mine}))


if __name__ == "__main__" and sys.argv[1:] == ["table"]:
    print(table(), end="")
elif __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sprung="sprung" in sys.argv[3:])
