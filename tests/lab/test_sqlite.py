"""SQLite on real machines: by an account that may write nothing there, while a program writes, on both releases."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hospital import Site

AGENDA = "/srv/agenda/agenda.sqlite"
WRITER = """
import sqlite3, subprocess, time
there = sqlite3.connect("/srv/agenda/agenda.sqlite", isolation_level=None, timeout=30)
new = "INSERT INTO bookings (room, starts, minutes, patient) VALUES (1, '2026-01-01', 5, 'P1')"
said = None
while True:
    for word in ("BEGIN IMMEDIATE", new, new, "COMMIT"):
        there.execute(word)
    if said is None:
        said = subprocess.run(["systemd-notify", "--ready"], check=True)
    time.sleep(0.001)
"""
ASSETS = (("his1", "agenda"), ("lis1", "theatre"))


@contextmanager
def writing(site: Site, host: str) -> Iterator[None]:
    """Keep a program of the database's own account writing; what it wrote is taken away after."""
    site.lab.machine(host).ssh("cat >/usr/local/lib/writer.py", input=WRITER)
    unit = "--unit=writer -p User=daemon -p Type=notify -p NotifyAccess=all -p TimeoutStartSec=30"
    site.on(host, f"systemd-run -q {unit} python3 /usr/local/lib/writer.py", ok=range(1))
    try:
        yield
        assert site.on(host, "systemctl is-active writer").stdout.strip() == "active"
    finally:
        site.on(host, f"systemctl stop writer; {asked('DELETE FROM bookings WHERE id > 12000')}", ok=range(1))


def asked(query: str, database: str = AGENDA) -> str:
    return f'setpriv --reuid=daemon --regid=daemon --clear-groups sqlite3 {database} "{query}"'


def files(site: Site, host: str) -> str:
    return site.on(host, "find /srv/agenda -printf '%p %u %m %s %T@\\n' | sort", ok=range(1)).stdout


def state(site: Site, host: str, asset: str) -> dict:
    return json.loads(site.on(host, f"cat /var/lib/seawall/state/backup-{asset}.json", ok=range(1)).stdout)["last_good"]


@pytest.mark.parametrize(("host", "asset"), ASSETS)
def test_a_closed_database_is_taken_and_nothing_left_beside_it(site: Site, host: str, asset: str) -> None:
    before = files(site, host)
    result = site.on(host, f"seawall backup {asset}")
    assert result.code == 0, result.stdout
    assert files(site, host) == before
    assert state(site, host, asset)["rows"] == 12_004
    assert site.on(host, "find /var/cache/seawall/scratch -mindepth 1").stdout == ""
    site.on(host, f"rm -rf /srv/back; seawall restore {asset} --to /srv/back", ok=range(1))
    dumped = "sqlite3 'file:{}?mode=ro&immutable=1' .dump | sha256sum"
    there = site.on(host, dumped.format("/srv/back/database/database.sqlite"), ok=range(1)).stdout
    assert there == site.on(host, dumped.format(AGENDA), ok=range(1)).stdout
    site.on(host, "rm -r /srv/back", ok=range(1))


@pytest.mark.parametrize(("host", "asset"), ASSETS)
def test_a_busy_writer_is_copied_between_two_commits(site: Site, host: str, asset: str) -> None:
    with writing(site, host):
        result = site.on(host, f"seawall backup {asset}")
        assert result.code == 0, result.stdout
    rows = state(site, host, asset)["rows"]
    assert rows > 12_004
    assert rows % 2 == 0


def test_a_database_that_is_not_there_is_no_empty_one(site: Site) -> None:
    site.on("lis1", f"mv {AGENDA} /root/kept", ok=range(1))
    try:
        before = files(site, "lis1")
        result = site.on("lis1", "seawall backup theatre")
        assert result.code == 1
        assert f"{AGENDA} is not there" in result.stdout
        assert files(site, "lis1") == before
    finally:
        site.on("lis1", f"mv /root/kept {AGENDA}", ok=range(1))


def test_a_damaged_database_does_not_become_the_last_good_set(site: Site) -> None:
    good = state(site, "lis1", "theatre")["set"]
    site.on("lis1", f"cp -a {AGENDA} /root/kept; dd if=/dev/urandom of={AGENDA} bs=4096 seek=90 count=3 conv=notrunc")
    try:
        result = site.on("lis1", "seawall backup theatre")
        assert result.code == 1
        assert "is damaged" in result.stdout
        assert state(site, "lis1", "theatre")["set"] == good
    finally:
        site.on("lis1", f"cp -a /root/kept {AGENDA}; rm /root/kept", ok=range(1))
        assert site.on("lis1", "seawall backup theatre").code == 0
