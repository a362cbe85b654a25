"""A server that was broken into tries to take its past away, at both sites: everything is refused, or undone.

Reading goes on meanwhile, by whoever noted the right key, and through a view of the repository without foreign files.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hospital import SERVED_ANEW, Site

from tests.past_attacks import ADDED, BY_HOST, BY_KEY, REFUSALS, UNNAMED

INTRUDER = Path(__file__).with_name("intruder.py").read_text("utf-8")
ETC = "/etc/seawall/credentials"
KEPT = "/srv/seawall/his1"
OUT = "/run/past"
SITES = (("backup1", "primary", 8001), ("offsite1", "offsite", 8001))
RESTORE = f"restore latest --no-lock --no-cache --tag seawall-asset=documents,seawall-part=manifest --target {OUT}"
AGAIN = {"primary": "backup documents", "offsite": "copy documents --to offsite"}
REASON = "--reason 'somebody broke into his1'"


@pytest.fixture
def attacked(site: Site) -> Iterator[Site]:
    """A site whose repositories of his1 are put back afterwards, whatever became of them."""
    site.given("his1", "backup documents", "copy documents --to offsite")
    for keeper, _, _ in SITES:
        site.on(keeper, f"cp -a {KEPT} {KEPT}.kept && cp -a /var/lib/seawall/state /run/state.kept", ok=range(1))
    yield site
    site.on("drill1", f"rm -rf {OUT} /run/names")
    for keeper, _, _ in SITES:
        site.on(keeper, f"rm -r {KEPT} /srv/seawall/.aside; mv {KEPT}.kept {KEPT}; {SERVED_ANEW}", ok=range(2))
        back = "cp -a /run/state.kept/arrivals.json /var/lib/seawall/state/; rm -r /run/state.kept /run/names"
        site.on(keeper, f"{back}; rm -f /var/lib/seawall/state/set-aside-his1.json; seawall repository arrivals")


def intruded(site: Site, repository: str, port: int) -> dict[str, Any]:
    """Let the intruder act, as root of the server; return what came of each act."""
    words = f"{ETC}/{repository}.url {ETC}/ca.pem {ETC}/{repository}.password {port}"
    done = site.on("his1", f"python3 - {words} <<'END'\n{INTRUDER}\nEND", ok=range(1))
    return dict(json.loads(done.stdout.splitlines()[-1]))


def foreign(site: Site, repository: str) -> str:
    """Return what a machine with a key names."""
    return site.on("drill1", f"seawall repository foreign {repository} --of his1", ok=range(2)).stdout


def at_night(site: Site, keeper: str) -> set[str]:
    """Return what the backup host names without a key, in its unit."""
    looked = site.on(keeper, "seawall repository arrivals --json", ok=range(3))
    return {one["path"] for one in json.loads(looked.stdout)["repositories"]["his1"]["foreign"]}


def restored(site: Site, repository: str, *, viewed: bool) -> str:
    """Restore something as a reader would, with nothing but restic, or with restic in a view; return the error."""
    name = f"{ETC}/his1-{repository}"
    files = f"--repository-file {name}.url --password-file {name}.password --cacert {ETC}/ca.pem"
    hint = f'--key-hint "$(cat /var/lib/seawall/keys/his1-{repository})"'
    plain = f"restic {files} {hint} {RESTORE}"
    command = f"seawall repository view {repository} --of his1 --leave-out /run/names -- restic {RESTORE}"
    done = site.on(
        "drill1", f"rm -rf {OUT}; {command if viewed else plain} && find {OUT} -name manifest.json | grep -q ."
    )
    return f"{done.stdout}{done.stderr}" if done.code else ""


@pytest.mark.parametrize(("keeper", "repository", "port"), SITES)
def test_no_act_harms_the_past_for_longer_than_a_command(attacked: Site, keeper: str, repository: str, port: int):
    before = at_night(attacked, keeper)
    known = foreign(attacked, repository)
    assert (before, known) == (set(), "")
    assert restored(attacked, repository, viewed=False) == ""
    start = attacked.on(keeper, "date -u +%Y-%m-%dT%H:%M:%SZ").stdout.strip()
    told = intruded(attacked, repository, port)
    assert {act: status for act, status in told["refused"].items() if status < 300} == {}
    assert set(told["refused"]) == set(REFUSALS)
    assert set(told["added"]) == set(ADDED)
    assert all(told["added"].values())

    assert restored(attacked, repository, viewed=False) != "", "the garbage hinders nobody, so this shows nothing"
    names = foreign(attacked, repository)
    with_key = {line.split()[0] for line in names.splitlines()}
    by_host = at_night(attacked, keeper)
    for act, paths in told["added"].items():
        assert set(paths) <= {BY_HOST: by_host, BY_KEY: with_key, UNNAMED: set(paths)}[ADDED[act]], act
    for machine in ("drill1", keeper):
        attacked.on(machine, f"cat >/run/names <<'END'\n{names}END", ok=range(1))
    assert restored(attacked, repository, viewed=True) == ""

    aside = f"seawall repository set-aside his1 {REASON}"
    attacked.on(keeper, f"{aside} && {aside} --files /run/names && {aside} --arrived-after {start}", ok=range(1))
    assert restored(attacked, repository, viewed=False) == ""
    assert at_night(attacked, keeper) == set()
    assert foreign(attacked, repository) == ""
    left = attacked.on(keeper, f"cd {KEPT} && find . -type f -newermt {start}").stdout.split()
    assert left == []
    attacked.on("his1", f"seawall {AGAIN[repository]}", ok=range(1))
    assert "set-aside" in attacked.on(keeper, "cat /var/lib/seawall/ledger/ledger.jsonl").stdout
