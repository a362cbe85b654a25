"""Two machines with one PostgreSQL cluster: the role, the primary's death under load, failover, rejoining, and back."""

import os
import shlex
import time
from collections.abc import Callable, Iterator

import pytest
import yaml
from hospital import Site, booted, changes, with_secrets

from ops.lab.lab import Lab

HOSTS = ("lis1", "backup1")  # both Debian 13; the second one gets its PostgreSQL here
AS_POSTGRES = "runuser -u postgres -- psql -XAtq -d postgres"
WHY = ("--reason", "a test")
OF_SEAWALL = f"{AS_POSTGRES} -c \"select rolname from pg_roles where rolname like 'seawall%'\""
# All that the role may change.
STANDS = f"""cd /
find /etc/postgresql /etc/systemd/system -printf '%p %y %m %u %g %l\\n' | sort
find /etc/postgresql /etc/systemd/system -type f -exec sha256sum {{}} + | sort -k 2
{OF_SEAWALL}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Both machines as Debian made them, with a PostgreSQL that listens."""
    machines = Lab("standby", hosts=HOSTS)
    try:
        machines.down()
        hospital = booted(machines, tmp_path_factory.mktemp("ssh"), layered=False)
        _inventory(machines)
        installed = "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y install postgresql"
        for host, first in (("lis1", "true"), ("backup1", installed)):
            listens = "pg_conftool 17 main set listen_addresses '*' && systemctl restart postgresql@17-main"
            done = hospital.on(host, f"{first} && {listens}")
            assert done.code == 0, done.stdout[-2000:] + done.stderr
        yield with_secrets(hospital)
        hospital.leave()
    finally:
        if not os.environ.get("SEAWALL_KEEP_LAB"):
            machines.down()


def _inventory(machines: Lab) -> None:
    """Have the site be these two machines, and their cluster."""
    for path in (machines.inventory / "host_vars").rglob("policy.yml"):
        path.unlink()
    for path in (machines.inventory / "host_vars").rglob("ups.yml"):
        path.unlink()
    (machines.inventory / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": dict.fromkeys(HOSTS)}}))
    standby = {
        "machines": {host: str(machines.machine(host).address) for host in HOSTS},
        "release": 17,
        "synchronous": True,
        "start_wait": "5s",
    }
    policy = {"version": 1, "site": {"name": "Two machines"}, "standby": {"lis": standby}}
    for path in (machines.inventory / "group_vars").rglob("policy.yml"):
        path.unlink()
    place = machines.inventory / "group_vars/all/policy.yml"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(yaml.safe_dump({"policy__all": policy}))


def _until(what: str, holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, what


def _good(site: Site, host: str, command: str) -> str:
    done = site.on(host, command)
    assert done.code == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


def _standby(site: Site, host: str, *words: str) -> str:
    return _good(site, host, shlex.join(["seawall", "standby", words[0], "lis", *words[1:], *WHY]))


# Each number that was acknowledged goes to a file of its own machine, which no failover touches.
LOAD = f"""\
n=FIRST
while {AS_POSTGRES} -c "insert into taken values ($n)" -h HOST; do echo $n >>/var/tmp/acknowledged; n=$((n+1)); done
"""


def _load(site: Site, host: str, first: int) -> None:
    words = LOAD.replace("FIRST", str(first)).replace("-h HOST", "")
    _good(site, host, f"systemd-run --quiet --collect --unit=load-{first} sh -c {shlex.quote(words)}")
    _until("no load", lambda: int(_good(site, host, "wc -l </var/tmp/acknowledged 2>/dev/null || echo 0")) > 40)


def _acknowledged(site: Site, host: str) -> set[int]:
    return {int(line) for line in _good(site, host, "cat /var/tmp/acknowledged").split()}


def _there(site: Site, host: str) -> set[int]:
    return {int(line) for line in _good(site, host, f"cd / && {AS_POSTGRES} -c 'select n from taken'").split()}


def test_check_mode_tells_and_touches_nothing(site: Site) -> None:
    site.ansible("observe.yml")
    before = {host: _good(site, host, STANDS) for host in HOSTS}
    told = changes(site.ansible("standby.yml", "--check", "--diff").stdout)
    assert all(told[host] > 0 for host in HOSTS)
    assert {host: _good(site, host, STANDS) for host in HOSTS} == before


def test_two_machines_take_over_from_each_other_and_lose_nothing(site: Site) -> None:
    site.ansible("standby.yml", "-e", "restart=true")
    assert set(changes(site.ansible("standby.yml").stdout).values()) == {0}
    _good(site, "lis1", f"cd / && {AS_POSTGRES} -c 'create table taken (n int primary key)'")
    _standby(site, "backup1", "fence")
    _standby(site, "backup1", "rejoin", "--new-base-backup")
    _standby(site, "lis1", "synchronous")
    _both_well(site)
    _dies_and_rejoins(site)
    _goes_back(site)
    _both_well(site)


def _both_well(site: Site) -> None:
    for host in HOSTS:
        assert "pass" in _good(site, host, "runuser -u seawall -- seawall check postgresql_standby-lis"), host


def _dies_and_rejoins(site: Site) -> None:
    """The machine of the primary dies in the midst of writes, and takes no writes when it boots again."""
    _load(site, "lis1", 1)
    lis1 = site.lab.machine("lis1")
    lis1.kill()
    refused = site.seawall("failover", "lis", "--now", *WHY)
    assert (refused.code, "--off 'lis1 is off'" in refused.stderr) == (2, True), refused.stderr
    done = site.seawall("failover", "lis", "--now", *WHY, "--off", "lis1 is off")
    assert done.code == 0, done.stdout + done.stderr

    lis1.boot()
    lis1.wait()
    failed = "systemctl is-failed postgresql@17-main"
    _until("the guard has not refused", lambda: "fail" in site.on("lis1", failed).stdout)
    assert "backup1 is the primary" in _good(site, "lis1", "journalctl -b -u postgresql@17-main --no-pager")
    assert _acknowledged(site, "lis1") <= _there(site, "backup1")
    _standby(site, "lis1", "rejoin")
    _standby(site, "backup1", "synchronous")


def _goes_back(site: Site) -> None:
    """Both machines can be reached, and the primary is fenced first."""
    _load(site, "backup1", 1_000_000)
    done = site.seawall("failover", "lis", "--now", *WHY)
    assert done.code == 0, done.stdout + done.stderr
    assert _acknowledged(site, "backup1") <= _there(site, "lis1")
    assert site.on("backup1", "systemctl start postgresql@17-main").code != 0
    _standby(site, "backup1", "rejoin")
    _standby(site, "lis1", "synchronous")


def test_undone_the_primary_takes_writes_alone(site: Site) -> None:
    _good(site, "backup1", "systemctl stop postgresql@17-main")
    site.ansible("standby.yml", "-e", "state=absent")
    assert set(changes(site.ansible("standby.yml", "-e", "state=absent").stdout).values()) == {0}
    assert _good(site, "lis1", f"cd / && {AS_POSTGRES} -c 'insert into taken values (-1)' && {OF_SEAWALL}") == ""
    for host in HOSTS:
        assert _good(site, host, "find /etc/postgresql /etc/systemd/system/postgresql* -name '*seawall*'") == ""
