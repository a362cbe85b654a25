"""A drill that could not notice proves nothing: a manifest that says more than the data must fail, rung by rung."""

import json
import shlex
from collections.abc import Iterator

import pytest
from hospital import Site

# Runs the real backup, but tells a manifest of other data: what a damaged dump would look like to a drill.
FALSE_BACKUP = """
import sys
sys.path.insert(0, '/usr/share/seawall')
from dataclasses import replace
from ops.jobs.backup import job
store = job._store

def tell_falsely(act, manifest, parts):
    part = manifest.parts['database']
    facts = part.facts
    index = facts.definitions['index']
    false = replace(
        facts,
        rows={**facts.rows, 'public.patients': facts.rows['public.patients'] + 1, 'public.emptied': 7},
        definitions={**facts.definitions, 'index': replace(index, objects=dict.fromkeys(index.objects, '0' * 64))},
        sequences={sequence: 10**9 for sequence in facts.sequences},
        roles=(*facts.roles, 'dropped_role'),
        extensions={**facts.extensions, 'pgcrypto': '1.3'},
    )
    told = replace(manifest, parts={**manifest.parts, 'database': replace(part, facts=false)})
    return store(act, told, parts)

job._store = tell_falsely
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
    account = "-p User=seawall -p RuntimeDirectory=seawall/account -p RuntimeDirectoryPreserve=yes"
    words = f"systemd-run -q --wait --pipe --collect {account} {secrets} python3 - <<'END'\n{FALSE_BACKUP}\nEND"
    made = site.on("his1", words)
    assert made.code == 0, made.stdout + made.stderr
    drilled = site.on("drill1", "seawall drill his")
    assert drilled.code == 2, drilled.stdout
    line = site.on(
        "drill1", "grep -v 'act.:.check' /var/lib/seawall/ledger/ledger.jsonl | tail -n 1", ok=range(1)
    ).stdout
    yield {rung["name"]: rung for rung in json.loads(line)["facts"]["rungs"]}
    assert site.on("his1", "seawall backup his").code == 0
    assert site.on("drill1", "seawall drill his").code == 0


@pytest.mark.parametrize(
    ("rung", "words"),
    [
        ("volume", "public.patients has"),
        ("volume", "public.emptied has no rows, but had 7"),
        ("structure", "index definitions differ"),
        ("sequences", "was at 1000000000"),
        ("roles", "dropped_role is missing"),
        ("extensions", "pgcrypto 1.3 is missing"),
    ],
)
def test_the_rung_fails_and_names_the_damage(told: dict[str, dict[str, str]], rung: str, words: str) -> None:
    assert told[rung]["verdict"] == "fail"
    assert words in told[rung]["message"]


SABOTAGED = [
    ("his", "row_deleted", "volume"),
    ("his", "index_behind", "integrity"),
    ("pharmacy", "value_changed", "content"),
    ("agenda", "page_overwritten", "content"),
    ("documents", "bit_flipped", "content"),
]


@pytest.mark.parametrize(("asset", "damage", "rung"), SABOTAGED)
def test_a_drill_that_is_sabotaged_fails_and_touches_no_true_one(
    site: Site, asset: str, damage: str, rung: str
) -> None:
    assert site.on("his1", f"seawall backup {asset}").code == 0
    true = "cd /var/lib/seawall/state && cat drill-*.json"
    before = site.on("drill1", true).stdout
    drilled = site.on("drill1", f"seawall drill {asset} --inject-damage {damage}")
    assert drilled.code == 2, drilled.stdout
    assert f"injected damage: {damage}" in drilled.stdout
    assert "noticed by" in drilled.stdout
    record = json.loads(
        site.on("drill1", "grep -v 'act.:.check' /var/lib/seawall/ledger/ledger.jsonl | tail -n 1", ok=range(1)).stdout
    )
    assert (record["act"], record["subject"], record["result"]) == ("sabotage", asset, "fail")
    assert rung in {seen["name"].split()[-1] for seen in record["facts"]["rungs"] if seen["verdict"] == "fail"}
    assert site.on("drill1", true).stdout == before
    assert site.on("drill1", "ls -A /var/lib/seawall/drills").stdout == ""


def test_a_drill_of_files_takes_a_sample_and_forecasts_the_rest(site: Site) -> None:
    assert site.on("his1", "seawall backup documents").code == 0
    drilled = site.on("drill1", "seawall drill documents")
    assert drilled.code == 0, drilled.stdout
    record = json.loads(
        site.on("drill1", "grep -v 'act.:.check' /var/lib/seawall/ledger/ledger.jsonl | tail -n 1", ok=range(1)).stdout
    )
    facts = record["facts"]
    assert facts["kind"] == "files"
    assert 64 < facts["sample"]["files"] < facts["forecast"]["files"]
    assert facts["forecast"]["seconds"] > 0
    assert any("outside the sample" in sentence for sentence in facts["not_proved"])
    assert {"present", "entries", "content", "forecast"} <= {rung["name"] for rung in facts["rungs"]}


def test_a_dump_that_seawall_did_not_make_is_drilled_and_left_as_it_was(site: Site) -> None:
    dump = "cd / && runuser -u postgres -- pg_dump --format=custom his"
    source, target = (site.lab.machine(name).ssh_argv() for name in ("his1", "drill1"))
    words = f"{shlex.join([*map(str, source), dump])} | {shlex.join([*map(str, target), 'cat >/home/his.dump'])}"
    site.local(["sh", "-c", words], timeout=300)
    before = site.on("drill1", "sha256sum /home/his.dump; stat -c '%a %u %y %z' /home/his.dump").stdout
    drilled = site.on("drill1", "seawall drill his --dump /home/his.dump")
    assert drilled.code == 0, drilled.stdout
    assert "not configured" in drilled.stdout
    record = json.loads(
        site.on("drill1", "grep -v 'act.:.check' /var/lib/seawall/ledger/ledger.jsonl | tail -n 1", ok=range(1)).stdout
    )
    assert (record["act"], record["facts"]["method"]) == ("dump", "dump")
    assert before.startswith(record["facts"]["dump"]["sha256"])
    assert site.on("drill1", "sha256sum /home/his.dump; stat -c '%a %u %y %z' /home/his.dump").stdout == before
    assert site.on("drill1", "ls -A /var/lib/seawall/drills /var/lib/seawall/dumps | grep -v :").stdout.strip() == ""
    site.on("drill1", "rm /home/his.dump", ok=range(1))


def test_rungs_without_damage_pass(told: dict[str, dict[str, str]]) -> None:
    assert told["archive"]["verdict"] == "pass"
    assert told["rto"]["verdict"] == "pass"


def test_the_failed_drill_is_not_the_last_good_one(site: Site, told: dict[str, dict[str, str]]) -> None:
    state = json.loads(site.on("drill1", "cat /var/lib/seawall/state/drill-his.json", ok=range(1)).stdout)
    assert state["verdict"] == "fail"
    assert not state["last_good"] or state["last_good"]["rungs"] != list(told.values())
