"""A night on a backup host: cards and a proof have come through both doors, and its own unit plans by them."""

import json
from typing import Any

import pytest
from hospital import Site

pytestmark = pytest.mark.lab

PLAN = "/var/lib/seawall/state/retention/his1.json"


def planned(site: Site) -> dict[str, Any]:
    """Let the unit plan, and return the plan for his1; in a lab the clock may be refused, and nothing else odd."""
    site.on("backup1", "seawall retention plan", ok=range(3))
    state = json.loads(site.on("backup1", "cat /var/lib/seawall/state/retention.json", ok=range(1)).stdout)
    assert state["repositories"]["his1"].get("odd", []) == []
    return dict(json.loads(site.on("backup1", f"cat {PLAN}", ok=range(1)).stdout))


def test_a_night_gives_a_plan_with_whole_sets_and_a_proven_one(site: Site) -> None:
    site.given("his1", "backup documents")
    made = json.loads(site.on("his1", "cat /var/lib/seawall/state/backup-documents.json", ok=range(1)).stdout)
    newest = made["last_good"]["set"]
    assert "card" not in made["message"]
    stays = {one["set"]: one for one in planned(site)["stays"]}
    there = set(site.on("backup1", "ls /srv/seawall/his1/snapshots", ok=range(1)).stdout.split())
    assert set(stays[newest]["snapshots"]) <= there
    site.on("drill1", "seawall drill documents", ok=range(2))
    drill = json.loads(site.on("drill1", "cat /var/lib/seawall/state/drill-documents.json", ok=range(1)).stdout)
    assert "was not told" not in drill["message"]
    proven = {one["set"] for one in planned(site)["stays"] if one.get("proven")}
    assert drill["last_good"]["set"] in proven
    said = site.on("backup1", "seawall retention plan his1 --dry-run", ok=range(1)).stdout
    assert any("documents" in line and "proven" in line for line in said.splitlines())
    owner = site.on("backup1", "stat -c %U /var/lib/seawall/state/register.sqlite", ok=range(1)).stdout.strip()
    assert owner == "seawall"
    record = site.on("backup1", "tail -1 /var/lib/seawall/ledger/ledger.jsonl", ok=range(1)).stdout
    assert json.loads(record)["facts"]["register"]


def test_a_drill_host_can_add_cards_and_nothing_else(site: Site) -> None:
    """Its account at the readers' port: a card that is named after its content, no larger one, and no repository's."""
    script = """
import hashlib, http.client, pathlib, ssl, sys
from urllib.parse import urlsplit
from base64 import b64encode
etc = pathlib.Path("/etc/seawall/credentials")
safe = ssl.create_default_context(cafile=etc / "ca.pem")
url = urlsplit((etc / "his1-primary.url").read_text().strip().removeprefix("rest:"))
for folder, size in (("proofs/snapshots", 600), ("proofs/snapshots", 20000), ("proofs/data", 600), ("snapshots", 600)):
    content = b"x" * size
    link = http.client.HTTPSConnection(url.hostname, url.port, context=safe)
    account = {"Authorization": "Basic " + b64encode(f"{url.username}:{url.password}".encode()).decode()}
    link.request("POST", f"/his1/{folder}/{hashlib.sha256(content).hexdigest()}", content, account)
    print(link.getresponse().status)
"""
    told = site.on("drill1", f"python3 - <<'END'\n{script}\nEND", ok=range(1)).stdout.split()
    try:
        assert told[0] == "200"
        assert told[1] == "413"
        assert set(told[2:]) <= {"403", "405"}
    finally:
        name = "$(printf '%600s' | tr ' ' x | sha256sum | cut -d ' ' -f 1)"
        site.on("backup1", f"rm -f /srv/seawall/.proofs/his1/proofs/snapshots/{name}", ok=range(1))
