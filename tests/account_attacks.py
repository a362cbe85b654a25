"""What the accounts of a machine try in order to become root, to read a secret, or to alter a file of root's.

This file runs on the machine itself, as the account: `KIND ACCOUNT [sprung]` are its words, and it prints what became
of each act; `table` prints the table. A trap is set by the account, sprung by an act of root's, and looked at by root
then. docs/security.md has this table; a test compares the two.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from attack_ways import (
    ABSENT,
    ANY,
    ASSET,
    CACHE,
    DENIED,
    DRILLER,
    KEEPER,
    LIB,
    NOT_PERMITTED,
    READ_ONLY,
    REFUSED,
    RUN,
    SECRETS,
    SERVER,
    STORED,
    UNREACHABLE,
    Attack,
    asked,
    become_root,
    changed,
    device,
    end_systemd,
    enter,
    environment,
    forged_request,
    give_to_root,
    link_to_root,
    mount,
    planted,
    reach,
    read,
    replace,
    run,
    told,
    write,
)

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


def becoming(account: str, kind: str) -> Iterator[Attack]:
    """Yield the two ways that every account may try."""
    yield Attack(account, kind, "become root by a system call", become_root, NOT_PERMITTED, UNPRIVILEGED)
    rule = "no rule lets it, and sudo need not be there"
    yield Attack(account, kind, "become root by sudo", run("sudo", "-n", "true"), REFUSED, rule)


def everywhere(account: str, kind: str) -> Iterator[Attack]:
    """Yield what any account may try."""
    yield from becoming(account, kind)
    for tried, path in WRITABLE_BY_NONE[4:6]:
        yield Attack(account, kind, tried, write(path), DENIED, ROOTS)
    yield Attack(account, kind, "list the secrets", read(SECRETS), DENIED, ALONE)


def of_seawall() -> Iterator[Attack]:
    """Yield what the account of the units tries, as a program that runs in its name and without any unit's confines."""
    me = "seawall"
    yield from becoming(me, ANY)
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
    yield from against_root(me)
    yield from of_kinds(me)
    yield from traps(me)


def against_root(me: str) -> Iterator[Attack]:
    """Yield what would have root obey, or execute, what the account says."""
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


def of_kinds(me: str) -> Iterator[Attack]:
    """Yield what there is to try on one kind of machine alone."""
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
    for me in ("restic-rest-server", "seawall-reader", "seawall-leaving", "www-data"):
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
        lists = write(Path("/etc/seawall-writers/his1.htpasswd"))
        yield Attack(me, KEEPER, "alter the list of accounts", lists, DENIED, ROOTS)
    for me in ("seawall-reader", "seawall-leaving", "www-data"):
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


SERVED = "restic-rest-server, in its unit"


def of_server_inside() -> Iterator[Attack]:
    """Yield what the server of one machine tries against another machine, where both have the same account."""
    sees = "its unit sees one machine's repository"
    yield Attack(SERVED, KEEPER, "read another machine's repository", read(STORED / "lis1"), ABSENT, sees)
    alone = "its unit sees no other process"
    yield Attack(SERVED, KEEPER, "go where another machine's server is", enter(STORED / "lis1"), ABSENT, alone)
    yield Attack(SERVED, KEEPER, "read the secrets", read(SECRETS / "tls.key"), ABSENT, OUTSIDE)
    yield Attack(SERVED, KEEPER, "read the hashes of passwords", read(Path("/etc/shadow")), ABSENT, OUTSIDE)
    given = Path("/run/credentials/seawall-writer-lis1.service/accounts")
    yield Attack(
        SERVED, KEEPER, "read another machine's account", read(given), ABSENT, "systemd shows each unit its own"
    )
    yield Attack(SERVED, KEEPER, "tell somebody on the network", reach, UNREACHABLE, "its unit has no network")


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


ATTACKS = (*of_seawall(), *of_servers(), *of_reader_inside(), *of_server_inside(), *of_port())


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
