"""`seawall gaps` on real machines: what is made behind the policy's back is named, and what is covered is not."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hospital import Site

POLICY = "/etc/seawall/policy.json"
SOCKET = "/run/mysqld/mysqld.sock"
HOLD = (
    "import sqlite3, time; c = sqlite3.connect('/srv/stray/notes.db'); c.execute('create table t (a)'); time.sleep(600)"
)
# A folder of 1.5 GiB that takes no room.
BIG = "mkdir -p /srv/export/2026 && truncate -s 1536M /srv/export/2026/all.csv"
MADE = (
    ("his1", 'cd / && runuser -u postgres -- createdb "stray one"'),
    ("his1", "mariadb -e 'create database stray'"),
    ("his1", f'mkdir -p /srv/stray && systemd-run -q --unit=stray --collect python3 -c "{HOLD}"'),
    ("lis1", BIG),
)
GONE = (
    ("his1", 'cd / && runuser -u postgres -- dropdb --if-exists "stray one"'),
    ("his1", "mariadb -e 'drop database if exists stray'"),
    ("his1", "systemctl stop stray; rm -rf /srv/stray"),
    ("lis1", "rm -rf /srv/export"),
)
STRAY = {"postgresql:5432/stray one", f"mariadb:{SOCKET}/stray", "sqlite:/srv/stray/notes.db"}
EVERY = ("his1", "lis1", "backup1", "drill1")


def seen(site: Site, host: str = "his1") -> dict:
    result = site.on(host, "seawall gaps --json")
    assert result.stdout, result.stderr
    return {"code": result.code, **json.loads(result.stdout)}


def names(part: list[dict]) -> set[str]:
    return {one["name"] for one in part}


@pytest.fixture(scope="module")
def before(site: Site) -> dict[str, dict]:
    """What is there of the lab itself."""
    return {host: seen(site, host) for host in EVERY}


@pytest.fixture(scope="module", autouse=True)
def stray(site: Site, before: dict[str, dict]) -> Iterator[None]:
    """What somebody makes without a word to the policy."""
    try:
        for host, command in MADE:
            site.on(host, command, ok=range(1))
        yield
    finally:
        for host, command in GONE:
            site.on(host, command)
    for host in ("his1", "lis1"):
        assert names(seen(site, host)["gaps"]) == names(before[host]["gaps"]), "what is gone is no gap any more"


@contextmanager
def excused(site: Site, until: str) -> Iterator[None]:
    """An exception in the machine's policy, as the role would bring it."""
    excuse = {"what": "postgresql:5432/stray*", "reason": "made by a test", "until": until}
    change = (
        f"import json, sys; d = json.load(sys.stdin); d['exceptions'] = {{'stray': {excuse}}}; print(json.dumps(d))"
    )
    site.on("his1", f'cp -a {POLICY} /root/kept && python3 -c "{change}" </root/kept >{POLICY}', ok=range(1))
    try:
        yield
    finally:
        site.on("his1", f"mv /root/kept {POLICY}", ok=range(1))


def test_each_thing_that_nobody_listed_is_named_and_nothing_else(site: Site, before: dict[str, dict]) -> None:
    state = seen(site)
    assert names(state["gaps"]) - names(before["his1"]["gaps"]) == STRAY
    words = {one["name"]: one["words"] for one in state["gaps"]}
    assert words["sqlite:/srv/stray/notes.db"].startswith("a SQLite file that python3")
    assert (state["code"], state["verdict"], state["unlooked"]) == (1, "warn", [])
    assert names(seen(site, "lis1")["gaps"]) - names(before["lis1"]["gaps"]) == {"path:/srv/export"}


def test_what_assets_cover_is_seen_and_is_no_gap(before: dict[str, dict]) -> None:
    assert {"postgresql:5432/his", f"mariadb:{SOCKET}/pharmacy"} <= names(before["his1"]["covered"])
    assert {"postgresql:5432/lis", 'postgresql:5432/a b"c', "postgresql:5432/legacy"} <= names(
        before["lis1"]["covered"]
    )
    for host, state in before.items():
        assert state["unlooked"] == [], host
        assert not {name for name in names(state["gaps"]) if "/var/lib/" in name or "seawall" in name}, host


def test_people_are_told_what_and_how_large(site: Site) -> None:
    assert "path:/srv/export  a folder, 1.5 GiB" in site.on("lis1", "seawall gaps").stdout


def test_an_exception_excuses_until_its_day(site: Site) -> None:
    with excused(site, "2099-12-31"):
        state = seen(site)
        assert names(state["excused"]) == {"postgresql:5432/stray one"}
        assert "postgresql:5432/stray one" not in names(state["gaps"])
    with excused(site, "2020-12-31"):
        (gap,) = (one for one in seen(site)["gaps"] if one["name"] == "postgresql:5432/stray one")
        assert "the exception expired on 2020-12-31" in gap["expired"]


def test_it_is_part_of_the_machine_s_health_and_status(site: Site) -> None:
    status = json.loads(site.on("lis1", "seawall status --json").stdout)
    (check,) = (one for one in status["checks"] if one["name"] == "gaps")
    assert check["verdict"] == "warn"
    assert "path:/srv/export" in names(status["gaps"]["gaps"])


def test_an_account_that_may_not_look_says_unknown(site: Site) -> None:
    words = "setpriv --reuid=seawall --regid=seawall --clear-groups seawall gaps"
    result = site.on("his1", words)
    assert result.code == 3
    assert "not permitted to look at" in result.stdout
