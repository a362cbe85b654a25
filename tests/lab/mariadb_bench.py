"""The machines' own MariaDB servers, 10.11 and 11.8, with a program on them that tries the kind outside any job."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hospital import Site

SHELF = "/var/tmp/mariadb-trial"
LIVE = {"his1": "pharmacy", "lis1": "billing"}
BOTH = pytest.mark.parametrize("host", LIVE)
_TRIAL = Path(__file__).parent / "mariadb_trial.py"
_FROM_FILE = ("sh", "-c", 'file=$1; shift; exec "$@" <"$file"', "sh")


@contextmanager
def at_the_bench(site: Site) -> Iterator[None]:
    """Put the program on both machines for as long as the block lasts."""
    for host in LIVE:
        copy = [*map(str, site.lab.machine(host).ssh_argv()), f"cat >/var/tmp/trial.py; install -d -m 1777 {SHELF}"]
        site.local([*_FROM_FILE, _TRIAL, *copy], timeout=60)
    yield
    for host in LIVE:
        site.on(host, f"rm -r /var/tmp/trial.py {SHELF}", ok=range(1))


def asked(site: Site, host: str, sql: str) -> str:
    """Ask the server as its root."""
    words = f"mariadb --batch --raw --skip-column-names --default-character-set=utf8mb4 <<'END'\n{sql};\nEND"
    result = site.on(host, words)
    assert result.code == 0, result.stderr
    return result.stdout.strip()


def tried(site: Site, host: str, body: str, *, root: bool = False, path: str = "/usr/sbin:/usr/bin:/sbin:/bin") -> str:
    """Run lines of the trial on a machine, as user seawall unless it is root's work; return what they print."""
    who = "" if root else "runuser -u seawall --"
    result = site.on(host, f"cd / && {who} env PATH={path} python3 /var/tmp/trial.py <<'END'\n{body}\nEND", timeout=300)
    assert result.code == 0, result.stdout + result.stderr
    return result.stdout


def dropped(site: Site, host: str, *patterns: str) -> None:
    """Drop the databases whose names are like these."""
    for pattern in patterns:
        for database in asked(site, host, f"show databases like '{pattern}'").splitlines():
            asked(site, host, f"drop database `{database}`")
