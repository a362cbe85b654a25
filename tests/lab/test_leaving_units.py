"""Sets leave a repository through the units of two machines, come back, and survive whoever broke into the server."""

import json
import shlex
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hospital import Site

from ops.core.run import Result

pytestmark = pytest.mark.lab

INTRUDER = (Path(__file__).parents[1] / "restic/leaving_intruder.py").read_text("utf-8")
FOLDER = "/etc/seawall/credentials"
SECRETS = tuple(f"{FOLDER}/{name}" for name in ("primary.url", "ca.pem", "primary.password"))
RESTIC = (
    f"restic --no-lock --no-cache --repository-file {FOLDER}/primary.url --password-file {FOLDER}/primary.password "
    f"--cacert {FOLDER}/ca.pem"
)
LEAVE = "systemctl start seawall-leave-primary.service"
FILES = "cd /srv/seawall/his1 && find config data index keys snapshots -type f -print0 | sort -z | xargs -0 sha256sum"
UNITS = "seawall-second-door-his1.socket seawall-second-door-his1.service seawall-writer-his1.service"
# What is interrupted is taken back by the unit after its end.
OVER = "until systemctl show --property=ActiveState seawall-leaving-his1.service | grep -q failed; do :; done"
STATES = "/var/lib/seawall/state"
# The plan of the unit, but that the oldest set of `documents` leaves, and another one is proven.
PLAN = """
import json, pathlib, sys, time
file = pathlib.Path(sys.argv[1])
plan = json.loads(file.read_text())
oldest, *others = sorted((one for one in plan["stays"] if one["asset"] == "documents"), key=lambda one: one["arrived"])
plan["stays"].remove(oldest)
others[-1]["proven"] = True
plan |= {"refused": [], "leaves": [{**oldest, "proven": False, "due": time.time() - 1}]}
file.write_text(json.dumps(plan))
print(*oldest["snapshots"])
"""


def python(site: Site, host: str, code: str, *words: str) -> Result:
    """Run a program on a machine."""
    argv = " ".join(map(shlex.quote, ("python3", "-c", code, *words)))
    return site.on(host, f"PYTHONPATH=/usr/share/seawall {argv}")


def planned(site: Site) -> set[str]:
    """Back up anew, and let the plan say that the oldest set of `documents` leaves; return its snapshots."""
    done = site.on("his1", "date > /srv/his/documents/trial.txt; seawall backup documents")
    assert done.code == 0, done.stdout + done.stderr
    site.on("backup1", "seawall retention plan", ok=range(3))
    made = python(site, "backup1", PLAN, f"{STATES}/retention/his1.json")
    assert made.code == 0, made.stderr
    return set(made.stdout.split())


def run(site: Site, client: Callable[[], object], *, again: bool = True) -> Result:
    """Let sets leave, while something is done on his1; again: as often as a timer does it."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(site.on, "backup1", "seawall retention run his1")
        client()
        while again and not running.done():
            client()
        return running.result()


def intruded(site: Site, act: str) -> None:
    """Let somebody on his1 come in its place; where that can't even do its act, the run need not wait for it."""
    done = python(site, "his1", INTRUDER, act, *SECRETS)
    if done.code:
        site.on("backup1", "systemctl stop seawall-leaving-his1.service")
    assert done.code == 0, done.stderr


def files(site: Site) -> set[str]:
    """Return all files of the repository, each with its digest."""
    return set(site.on("backup1", FILES, ok=range(1)).stdout.splitlines())


def doors(site: Site) -> list[str]:
    """Return how the second door and the first one are."""
    return site.on("backup1", f"systemctl is-active {UNITS}").stdout.split()


@pytest.fixture(scope="module")
def named(site: Site) -> Iterator[set[str]]:
    """The snapshots that are to leave; afterwards no plan is there, and all that left is back."""
    site.given("his1", "backup documents")
    yield planned(site)
    site.on("backup1", f"rm -rf {STATES}/retention {STATES}/leaving-his1.json")
    site.on("backup1", "systemctl reset-failed seawall-leaving-his1.service")
    site.on("his1", "systemctl reset-failed seawall-leave-primary.service; rm -f /srv/his/documents/trial.txt")


@pytest.mark.parametrize("act", ["everything", "all_packs", "all_packs_for_others"])
def test_whoever_broke_into_the_server_hurts_nothing(site: Site, named: set[str], act: str) -> None:
    """All sets of a lab arrived within hours, so that nobody knows whose a pack is."""
    before = files(site)
    ended = run(site, lambda: intruded(site, act), again=False)
    assert ended.code == 1
    assert "was thrown away" in ended.stdout + ended.stderr
    assert files(site) == before
    assert doors(site) == ["inactive", "inactive", "active"]
    checks = json.loads(site.on("backup1", "seawall check --json").stdout)["checks"]
    assert [one["verdict"] for one in checks if one["name"] == "leaving"] == ["fail"]


def test_a_run_that_is_killed_leaves_no_door_open(site: Site, named: set[str]) -> None:
    before = files(site)
    opened = "until systemctl is-active --quiet seawall-second-door-his1.socket; do :; done"
    kill = "systemctl kill --signal=KILL --kill-whom=main seawall-leaving-his1.service"
    ended = run(site, lambda: site.on("backup1", f"timeout 60 sh -c '{opened}' && {kill}"), again=False)
    assert ended.code != 0
    site.on("backup1", f"timeout 60 sh -c '{OVER}'", ok=range(1))
    assert doors(site) == ["inactive", "inactive", "active"]
    assert files(site) == before


def test_a_set_leaves_and_comes_back(site: Site, named: set[str]) -> None:
    before = files(site)
    ended = run(site, lambda: site.on("his1", LEAVE))
    assert ended.code == 0, ended.stdout + ended.stderr
    left = {line.rpartition("/")[2] for line in before - files(site) if "snapshots/" in line}
    assert left == named
    site.on("his1", f"{RESTIC} check --read-data", ok=range(1))
    owners = site.on("backup1", "find /srv/seawall/his1 -printf '%u\\n' | sort -u", ok=range(1)).stdout.split()
    assert owners == ["restic-rest-server"]
    words = "--reason 'a trial' --approver 'Head of IT'"
    assert site.on("backup1", f"seawall retention undo his1 {words}").code == 0
    assert before <= files(site)
    site.on("his1", f"{RESTIC} check --read-data", ok=range(1))
    assert site.on("his1", "seawall backup documents").code == 0
