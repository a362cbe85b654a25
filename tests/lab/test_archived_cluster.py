"""A cluster whose log is archived, on real machines: set up by site.yml, restored to a moment, drilled, and watched."""

import json
import re
from collections.abc import Iterator

import pytest
import yaml
from hospital import Site

ASSET, SPOOL = "lis_cluster", "/var/spool/seawall/lis_cluster"
POLICY = {
    "owner": "dba",
    "summary": "The laboratory's PostgreSQL, as it was at any moment",
    "sources": {"files": {"kind": "postgresql_cluster", "options": {"wal": True, "spool": "256MiB"}}},
    "repository": "primary",
    "schedule": "*-*-* 03:15:00",
    "rpo": "26h",
    "rto": "2h",
    "retention": {"all": "14d"},
    "drill": {
        "kind": "point_in_time",
        "host": "drill1",
        "every": "31d",
        "release": "trixie",
        "options": {"database": "lis", "newest": "select max(at) from marks"},
        "asks": "lis",
        "expectations": {"samples": {"sql": "select count(*) from samples", "at_least": 8000}},
    },
}
MACHINES = ("--limit", "lis1,drill1", "--tags", "enrol,protect,prove,watch")
SETTINGS = "/etc/postgresql/17/main"
# What the role leaves until the next run after a restart, and its line in the settings, which the lab's server had not.
ENDED = f"""rm -rf {SPOOL} /srv/recovered {SETTINGS}/conf.d
sed -i "/^include_dir = 'conf.d'/d" {SETTINGS}/postgresql.conf"""
MARK = "insert into marks values ({}, clock_timestamp())"
NOW = "select to_json(clock_timestamp()) #>> '{}'"  # in a transaction after that of the row
COUNTED = """cd / && PGHOST=/srv/recovered/server runuser -u postgres -- sh -c '
  bin=/usr/lib/postgresql/17/bin; data=/srv/recovered/data
  $bin/pg_ctl -w -s -D $data -o "-c config_file=/srv/recovered/server/postgresql.conf" start >/dev/null
  psql -XAtqc "select string_agg(n::text, chr(32) order by n) from marks" lis
  $bin/pg_ctl -s -D $data -m immediate stop'
"""


def psql(site: Site, sql: str, database: str = "lis") -> str:
    done = site.on("lis1", f'cd / && runuser -u postgres -- psql -XAtq --set=ON_ERROR_STOP=1 -d {database} -c "{sql}"')
    assert done.code == 0, done.stderr
    return done.stdout.strip()


def state(site: Site) -> dict:
    return json.loads(site.on("lis1", f"cat /var/lib/seawall/state/log-{ASSET}.json", ok=range(1)).stdout)


def checked(site: Site) -> str:
    """Return what the check says of the asset, with its verdict before it."""
    said = site.on("lis1", f"seawall check backup_age-{ASSET}").stdout
    found = re.search(rf"^(\w+) +backup_age-{ASSET} +(.*)$", said, re.MULTILINE)
    assert found, said
    return f"{found[1]}: {found[2]}"


@pytest.fixture(scope="module")
def archived(site: Site) -> Iterator[Site]:
    """The laboratory's server with the log of its cluster archived; afterwards all is as it was."""
    path = site.lab.inventory / "host_vars/lis1/policy.yml"
    before = path.read_text("utf-8")
    policy = yaml.safe_load(before)
    policy["policy__host"]["assets"][ASSET] = POLICY
    path.write_text(yaml.safe_dump({**policy, "postgresql_source_restart": True}, allow_unicode=True), "utf-8")
    try:
        site.ansible("site.yml", *MACHINES)
        psql(site, "create table marks (n int, at timestamptz)")
        psql(site, MARK.format(0))  # there at each moment that a drill may choose
        yield site
        psql(site, "drop table marks")
    finally:
        path.write_text(before, "utf-8")
        site.ansible("site.yml", *MACHINES)
        site.on("lis1", f"{ENDED}; systemctl restart postgresql@17-main", ok=range(1))


def test_a_written_row_comes_back_on_the_server_and_in_a_drill(archived: Site) -> None:
    assert "archive_command" in archived.on("lis1", "cat /etc/postgresql/17/main/conf.d/seawall.conf").stdout
    assert archived.on("lis1", "systemctl is-enabled seawall-log-lis_cluster.timer").stdout.strip() == "enabled"
    assert archived.on("lis1", f"seawall backup {ASSET}").code == 0
    psql(archived, MARK.format(1))
    first = psql(archived, NOW)
    psql(archived, MARK.format(2))
    assert archived.on("lis1", f"seawall log {ASSET}").code == 0
    assert checked(archived).startswith("pass: each commit up to ")

    archived.on("lis1", "rm -rf /srv/recovered", ok=range(1))
    done = archived.on("lis1", f"seawall restore {ASSET} --at '{first}' --to /srv/recovered")
    assert done.code == 0, done.stdout + done.stderr
    assert archived.on("lis1", COUNTED, ok=range(1)).stdout.strip() == "0 1"
    drilled = archived.on("drill1", f"seawall drill {ASSET}")
    assert drilled.code == 0, drilled.stdout + drilled.stderr
    assert "recovered to " in drilled.stdout + drilled.stderr


def test_an_archiver_that_stopped_a_full_spool_and_a_gap_are_named(archived: Site) -> None:
    archived.given("lis1", f"backup {ASSET}", f"log {ASSET}")
    # The spool is full of what nobody brought away: the server keeps its log, and says why.
    archived.on("lis1", f"fallocate -l 250M {SPOOL}/strange", ok=range(1))
    psql(archived, MARK.format(3))
    full = archived.on("lis1", f"seawall log {ASSET}")
    assert full.code == 1
    assert "the spool is full" in full.stdout + full.stderr
    assert "the spool is full" in checked(archived)
    archived.on("lis1", f"rm {SPOOL}/strange", ok=range(1))
    assert archived.on("lis1", f"seawall log {ASSET}").code == 0

    # A segment that is gone before it was brought away.
    psql(archived, MARK.format(4))
    name = psql(archived, "select pg_walfile_name(pg_switch_wal() - 1)")
    waits = f"for n in $(seq 600); do [ -e {SPOOL}/{name} ] && exec rm {SPOOL}/{name}; sleep 0.1; done; exit 1"
    assert archived.on("lis1", waits).code == 0
    psql(archived, MARK.format(5))
    assert archived.on("lis1", f"seawall log {ASSET}").code == 1
    assert checked(archived).startswith("fail: ")
    assert f"{name} is missing" in checked(archived)
    assert archived.on("lis1", f"seawall backup {ASSET} && seawall log {ASSET}").code == 0
    assert checked(archived).startswith("pass: ")
