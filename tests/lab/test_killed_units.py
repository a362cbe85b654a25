"""Units killed and stopped, and machines that lose their power or are shut down, at moments drawn by chance.

Nothing is falsely good, and the next run is clean. SEAWALL_KILL_SEED repeats the draws. Most of the 200 moments are
played by tests/restic, where an act takes a second.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

import pytest
from bad_days import KILLED_UNITS, MACHINES_CUT_OFF, MACHINES_SHUT_DOWN, STOPPED_UNITS
from hospital import Site

SEED = int(os.environ.get("SEAWALL_KILL_SEED") or Random().randrange(1 << 32))
# Folders that acts write to, mounts and programs. What others come and go with is left out.
TRACES = r"""
cd /
find run/seawall var/lib/seawall/state var/cache/seawall/scratch ! -type d ! -name '*.lock' ! -name 'health*' \
    ! -name '.health*' ! -name 'gaps*' ! -path '*/unread/*' 2>/dev/null
find var/lib/seawall/drills var/lib/seawall/dumps -mindepth 1 -maxdepth 1 2>/dev/null
findmnt --raw --noheadings --output TARGET | grep -E '^/(run|var)/.*seawall' | grep -v credentials
ls /tmp /var/tmp | grep -E '^seawall-'
ps -eo comm --no-headers | grep -E '^(restic|pg_dump|systemd-nspawn|pg_restore)$'
true
"""


@dataclass(frozen=True)
class Act:
    """What is done: its unit, on which host, and the name of its state."""

    host: str
    words: str
    state: str

    @property
    def unit(self) -> str:
        return f"seawall-{self.state}.service"


ACTS = {
    "backup": Act("his1", "backup documents", "backup-documents"),
    "copy": Act("his1", "copy documents --to offsite", "copy-documents-offsite"),
    "drill": Act("drill1", "drill documents", "drill-documents"),
    "check": Act("backup1", "health run", "health"),
}


@pytest.fixture(scope="module", autouse=True)
def lengths(site: Site) -> Iterator[dict[str, float]]:
    """How long each act takes when nobody disturbs it; after all, no unit counts as failed."""
    print(f"SEAWALL_KILL_SEED={SEED}")
    site.given("his1", "backup documents", "copy documents --to offsite")
    measured = {}
    for name, act in ACTS.items():
        begun = time.monotonic()
        site.on(act.host, f"systemctl start {act.unit}", ok=range(1))
        measured[name] = time.monotonic() - begun
    yield measured
    for host in ("his1", "drill1", "backup1"):
        site.on(host, "systemctl reset-failed 'seawall-*'")


def state(site: Site, act: Act) -> dict:
    return json.loads(site.on(act.host, f"cat /var/lib/seawall/state/{act.state}.json", ok=range(1)).stdout)


def traces(site: Site, act: Act) -> set[str]:
    return set(site.on(act.host, TRACES, ok=range(1)).stdout.splitlines())


def locks(site: Site) -> list[str]:
    return [
        name for host in ("backup1", "offsite1") for name in site.on(host, "ls /srv/seawall/his1/locks").stdout.split()
    ]


def newest(site: Site, act: Act) -> list[dict]:
    """The last records of a host that are of no round of checks."""
    lines = site.on(act.host, "grep -v 'act.:.check' /var/lib/seawall/ledger/ledger.jsonl | tail -n 3", ok=range(1))
    return [json.loads(line) for line in lines.stdout.splitlines()]


def ended(site: Site, act: Act) -> None:
    loop = f"for n in $(seq 1200); do systemctl show -p ActiveState {act.unit} | grep -qE 'inactive|failed' && exit 0;"
    assert site.on(act.host, f"{loop} sleep 0.1; done; exit 1").code == 0, f"{act.unit} does not end"


def demand_nothing_false(site: Site, name: str, before: dict) -> None:
    """Demand that a run that was hurt did not become good, but where it was through."""
    if name == "check":
        assert state(site, ACTS[name])["finished"] >= before["finished"]
        return
    now = state(site, ACTS[name])
    if now == before:
        return
    told = newest(site, ACTS[name])
    assert now["verdict"] in {record["result"] for record in told}
    if now["verdict"] != "pass":
        assert now["last_good"] == before["last_good"]


def demand_clean(site: Site, name: str, usual: set[str]) -> None:
    """Demand that the next run is good, and that nothing is left of those before."""
    act = ACTS[name]
    site.on(act.host, f"systemctl reset-failed {act.unit}")
    done = site.on(act.host, f"seawall {act.words}")
    assert done.code in ({0, 1, 2} if name == "check" else {0}), done.stdout + done.stderr
    assert traces(site, act) - usual == set()
    assert name not in {"backup", "copy"} or locks(site) == []
    verified = site.on(act.host, "seawall ledger verify")
    assert verified.code in (0, 1), verified.stdout


def played(site: Site, name: str, count: int, length: float, hurt: Callable[[Site, Act, float], None]) -> None:
    """Hurt an act so many times, each at another moment; after each two, the next run must be clean."""
    chance = Random(f"{SEED} {name} {hurt.__name__}")
    usual = traces(site, ACTS[name])
    for number in range(count):
        before = state(site, ACTS[name])
        hurt(site, ACTS[name], chance.uniform(0.05, 0.95) * length)
        demand_nothing_false(site, name, before)
        if number % 2 or number == count - 1:
            demand_clean(site, name, usual)


def killed(site: Site, act: Act, moment: float) -> None:
    words = f"systemctl start --no-block {act.unit}; sleep {moment:.3f}; systemctl kill -s KILL {act.unit}"
    site.on(act.host, words)
    ended(site, act)


def stopped(site: Site, act: Act, moment: float) -> None:
    words = f"systemctl start --no-block {act.unit}; sleep {moment:.3f}; systemctl stop {act.unit}"
    site.on(act.host, words)
    ended(site, act)


def cut_off(site: Site, act: Act, moment: float) -> None:
    begin(site, act, moment)
    machine = site.lab.machine(act.host)
    machine.kill()
    machine.boot()
    machine.wait(120)


def shut_down(site: Site, act: Act, moment: float) -> None:
    begin(site, act, moment)
    machine = site.lab.machine(act.host)
    assert machine.stop(within=120), machine.last_words()
    machine.boot()
    machine.wait(120)


def begin(site: Site, act: Act, moment: float) -> None:
    """Start an act, and return at its moment with no connection open that would die with the machine."""
    site.on(act.host, f"systemctl start --no-block {act.unit}", ok=range(1))
    site.leave()
    threading.Event().wait(moment)


@pytest.mark.parametrize("name", KILLED_UNITS)
def test_a_unit_that_is_killed_whole(site: Site, lengths: dict[str, float], name: str) -> None:
    played(site, name, KILLED_UNITS[name], lengths[name], killed)


@pytest.mark.parametrize("name", STOPPED_UNITS)
def test_a_unit_that_systemd_stops(site: Site, lengths: dict[str, float], name: str) -> None:
    played(site, name, STOPPED_UNITS[name], lengths[name], stopped)


@pytest.mark.parametrize("name", MACHINES_CUT_OFF)
def test_a_machine_that_loses_its_power(site: Site, lengths: dict[str, float], name: str) -> None:
    played(site, name, MACHINES_CUT_OFF[name], lengths[name], cut_off)


@pytest.mark.parametrize("name", MACHINES_SHUT_DOWN)
def test_a_machine_that_is_shut_down(site: Site, lengths: dict[str, float], name: str) -> None:
    played(site, name, MACHINES_SHUT_DOWN[name], lengths[name], shut_down)
