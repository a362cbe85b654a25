"""An asset of a group, filled from its class: everything that is kept of it has its name on the host."""

import json

from one_machine import ALL, COPIES, TIMES, Machine

from ops.jobs.host import own_policy
from ops.jobs.restore.material import manifest
from ops.policy import HostLayers, compile_site
from ops.policy.compile import document
from ops.restic.sets import ASSET, sets

DEFAULTS = {"standard": {**TIMES, "repository": "primary"}, "critical": {"copies": COPIES}}


def furnished(machine: Machine) -> None:
    """Give the machine a policy of one asset, which all servers have."""
    sources = {"files": {"kind": "files", "options": {"paths": [str(machine.files / "documents")]}}}
    servers = {"assets": {"etc": {"class": "critical", "sources": sources}}}
    site = {**ALL, "defaults": DEFAULTS}
    layers = {"backup1": HostLayers(site), "offsite1": HostLayers(site)}
    policies = compile_site({**layers, "his1": HostLayers(site, groups={"servers": servers})})
    (machine.root / "etc/seawall/policy.json").write_text(json.dumps(document(policies["his1"])))


def test_snapshots_manifest_states_and_records_have_the_name_on_the_host(machine, tmp_path):
    furnished(machine)
    assert own_policy.read().assets["etc_his1"].class_ == "critical"
    assert machine.seawall("backup", "etc_his1") == 0
    assert machine.seawall("copy", "etc_his1") == 0
    assert machine.state("backup-etc_his1")["asset"] == "etc_his1"
    assert machine.state("copy-etc_his1-offsite")["asset"] == "etc_his1"
    for name in ("primary", "offsite"):
        place = machine.place(name)
        (stored,) = sets(place.repository.snapshots([f"{ASSET}=etc_his1"]))
        told = manifest(place, stored, tmp_path / name)
        assert (told.asset, list(told.parts)) == ("etc_his1", ["files"])
    lines = (machine.root / "var/lib/seawall/ledger/ledger.jsonl").read_text().splitlines()
    assert [json.loads(line)["subject"] for line in lines[-2:]] == ["etc_his1", "etc_his1"]
