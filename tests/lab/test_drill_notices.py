"""A drill that could not notice proves nothing: a manifest that says more than the data must fail, rung by rung."""

import json
from collections.abc import Iterator

import pytest
from conftest import Site

# Runs the real backup, but tells a manifest of other data: what a damaged dump would look like to a drill.
FALSE_BACKUP = """
import sys
sys.path.insert(0, '/usr/share/seawall')
from ops.jobs import backup
store = backup._store

def tell_falsely(act, manifest, parts):
    facts = manifest['parts']['database']
    facts['rows']['public.patients'] += 1
    facts['rows']['public.emptied'] = 7
    facts['structure']['index']['sha256'] = '0' * 64
    facts['sequences'] = {sequence: 10**9 for sequence in facts['sequences']}
    facts['roles'].append('dropped_role')
    facts['extensions']['pgcrypto'] = '1.3'
    return store(act, manifest, parts)

backup._store = tell_falsely
from ops.cli import run
sys.exit(run(['backup', 'his']))
"""


@pytest.fixture(scope="module")
def told(site: Site) -> Iterator[dict[str, dict[str, str]]]:
    """The rungs of a drill of the false set, by name."""
    secrets = " ".join(
        f"-p LoadCredential={name}:/etc/seawall/credentials/{name}"
        for name in ("primary.url", "primary.password", "ca.pem", "ledger.key")
    )
    account = "-p User=seawall -p RuntimeDirectory=seawall -p RuntimeDirectoryPreserve=yes -p CacheDirectory=seawall"
    words = f"systemd-run -q --wait --pipe --collect {account} {secrets} python3 - <<'END'\n{FALSE_BACKUP}\nEND"
    made = site.on("his1", words)
    assert made.code == 0, made.stdout + made.stderr
    drilled = site.on("drill1", "seawall drill his")
    assert drilled.code == 2, drilled.stdout
    line = site.on("drill1", "tail -n 1 /var/lib/seawall/ledger/ledger.jsonl", ok=range(1)).stdout
    yield {rung["name"]: rung for rung in json.loads(line)["facts"]["rungs"]}
    assert site.on("his1", "seawall backup his").code == 0
    assert site.on("drill1", "seawall drill his").code == 0


@pytest.mark.parametrize(
    ("rung", "words"),
    [
        ("volume", "public.patients has"),
        ("volume", "public.emptied has no rows, had 7"),
        ("structure", "index definitions differ"),
        ("sequences", "was at 1000000000"),
        ("roles", "dropped_role is missing"),
        ("extensions", "pgcrypto 1.3 is missing"),
    ],
)
def test_the_rung_fails_and_names_the_damage(told: dict[str, dict[str, str]], rung: str, words: str) -> None:
    assert told[rung]["verdict"] == "fail"
    assert words in told[rung]["message"]


def test_rungs_without_damage_pass(told: dict[str, dict[str, str]]) -> None:
    assert told["archive"]["verdict"] == "pass"
    assert told["rto"]["verdict"] == "pass"


def test_the_failed_drill_is_not_the_last_good_one(site: Site, told: dict[str, dict[str, str]]) -> None:
    state = json.loads(site.on("drill1", "cat /var/lib/seawall/state/drill-his.json", ok=range(1)).stdout)
    assert state["verdict"] == "fail"
    assert not state["last_good"] or state["last_good"]["rungs"] != list(told.values())
