"""Conformity by real signed ledgers, as they lie beside an inventory: one byte changed in any turns the line."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from conforming import NOW, SITE, own_pack

from ops.cli import run
from ops.core import clock
from ops.core.errors import UsageError
from ops.core.verdict import Verdict
from ops.evidence.ledger import NAME, Ledger
from ops.fleet.audit import Check
from ops.fleet.conformity import host_results, load
from ops.fleet.conformity.gather import gather
from ops.fleet.conformity.judge import judge
from ops.fleet.inventory import Inventory
from ops.fleet.ledgers import collect, signers
from ops.interfaces.conformity import ControlStatus, Standing

HOURS = timedelta(hours=1)
PACK = own_pack(
    "All of it",
    {
        "space": {"check": "disk"},
        "backed_up": {"act": "backup"},
        "rehearsed": {"record": "disc-read"},
        "attested": {"duty": "Look", "every": "31d"},
        "signed": {"ledger": "verified"},
        "seen": {"host_check": "accounts"},
        "owned": {"policy": "owners"},
    },
)
HIS = yaml.safe_load("""
owner: it_head
sources: {documents: {kind: files, options: {paths: [/srv/documents]}}}
repository: second
schedule: "*-*-* 01:30:00"
rpo: 26h
rto: 1h
retention: {all: 14d}
""")


class Site:
    """A server whose ledger was collected, with three days in it."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.root, self.now = root, NOW
        patch.setattr(clock, "now", lambda: self.now)
        self.key = root / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key], check=True)
        site = {
            **SITE,
            "repositories": {"second": SITE["repositories"]["second"]},
            "packs": {"ours": {"file": "o.yml"}},
        }
        site |= {"duties": {"attested": {"what": "Look", "who": "dba", "every": "31d"}}}
        site |= {"checks": {"root_disk": {"kind": "disk", "options": {"path": "/"}}}}
        del site["control"]
        own = {"policy__all": site, "policy__host": {"assets": {"his": HIS}}}
        self.inventory = Inventory(root, {"his1": own}, {"all": ("his1",), "servers": ("his1",)})
        (root / "o.yml").write_text(yaml.safe_dump(PACK))
        self.folder = collect.place(root) / "his1"
        public = self.key.with_suffix(".pub").read_text()
        signers.place(root).write_text(f'his1 namespaces="seawall-ledger" {public}')
        for day in (3, 2, 1):
            self.at(NOW - timedelta(days=day, hours=7))
            self.record("backup", "his", facts={"repository": "second"})
            self.round(["root_disk", "gaps"])
        self.record("disc-read", "second")
        self.record("attestation", "attested", facts={"by": "ana", "duty": "attested"})
        host_results.note(root, [Check("his1", "shell", "", Verdict.PASS, "", "accounts")], self.now)
        self.at(NOW - 18 * HOURS)

    def at(self, moment: Any) -> None:
        self.now = moment

    def record(self, act: str, subject: str, result: str = "pass", facts: dict[str, Any] | None = None) -> None:
        body = {"host": "his1", "actor": "unit", "act": act, "subject": subject, "result": result, "message": "done"}
        Ledger(self.folder, self.key).append({**body, "facts": facts or {}})

    def round(self, passed: list[str], **loud: str) -> None:
        self.record("check", "health", "fail" if loud else "pass", {"passed": passed, "loud": loud})

    def controls(self, day: date | None = None) -> dict[str, ControlStatus]:
        (pack,) = judge(load.used(self.inventory), gather(self.inventory, day, None)).packs
        return {control.name: control for control in pack.clauses[0].controls}

    def standings(self, day: date | None = None) -> dict[str, Standing]:
        return {name: control.standing for name, control in self.controls(day).items()}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    yield Site(tmp_path, monkeypatch)


def test_every_kind_of_evidence_is_found_with_the_digest_of_its_line(site: Site) -> None:
    found = site.controls()
    assert {control.standing for control in found.values()} == {Standing.MET}, {n: c.message for n, c in found.items()}
    lines = (site.folder / NAME).read_bytes().splitlines(keepends=True)
    for name in ("space", "backed_up", "rehearsed", "attested", "signed"):
        (proof,) = found[name].proofs
        assert hashlib.sha256(lines[proof.n - 1]).hexdigest() == proof.sha256
    assert found["space"].since == "2026-10-28T05:00:00Z"
    assert found["backed_up"].acts.missing == 0


def test_one_byte_changed_in_any_line_turns_all_that_stood_on_that_ledger(site: Site) -> None:
    path = site.folder / NAME
    before = path.read_bytes()
    lines = before.splitlines(keepends=True)
    offset = 0
    for line in lines:
        spoiled = bytearray(before)
        place = offset + line.index(b'"message":"done"') + 11
        spoiled[place] ^= 1
        path.write_bytes(bytes(spoiled))
        found = site.standings()
        assert found["signed"] is Standing.NOT_MET
        for name in ("space", "backed_up", "rehearsed", "attested"):
            assert found[name] is Standing.NOT_LOOKED_AT
        offset += len(line)
    path.write_bytes(before)
    assert set(site.standings().values()) == {Standing.MET}


def test_one_byte_changed_in_the_results_of_the_host_checks_turns_their_line(site: Site) -> None:
    path = host_results.place(site.root)
    before = path.read_text()
    path.write_text(before.replace("shell", "shall"))
    assert site.standings()["seen"] is Standing.NOT_LOOKED_AT
    path.write_text(before)
    assert site.standings()["seen"] is Standing.MET
    path.unlink()
    assert site.standings()["seen"] is Standing.NOT_LOOKED_AT


def test_what_goes_wrong_turns_and_what_is_mended_turns_back(site: Site) -> None:
    site.round(["gaps"], root_disk="fail")
    assert site.standings()["space"] is Standing.NOT_MET
    site.round(["gaps", "root_disk"])
    assert site.standings()["space"] is Standing.MET
    site.record("backup", "his", "fail", {"repository": "second"})
    assert site.standings()["backed_up"] is Standing.NOT_MET
    site.record("backup", "his", facts={"repository": "second"})
    assert site.standings()["backed_up"] is Standing.MET


def test_a_round_that_does_not_name_a_check_has_not_looked_at_it(site: Site) -> None:
    site.round(["gaps"])
    assert site.standings()["space"] is Standing.NOT_LOOKED_AT


def test_a_missing_backup_is_missing_and_counted(site: Site) -> None:
    site.at(NOW + timedelta(days=1))
    site.round(["gaps", "root_disk"])
    control = site.controls()["backed_up"]
    assert control.standing is Standing.NOT_MET
    assert control.acts.missing >= 1


def test_a_day_of_the_past_is_judged_by_what_was_known_then(site: Site) -> None:
    site.at(NOW)
    site.round(["gaps"], root_disk="fail")
    assert site.standings()["space"] is Standing.NOT_MET
    assert site.standings(date(2026, 10, 30))["space"] is Standing.MET
    assert site.standings(date(2026, 10, 29))["attested"] is Standing.NOT_LOOKED_AT


def test_a_word_by_a_clock_that_stood_wrong_does_not_count(site: Site) -> None:
    site.record("attestation", "attested", facts={"by": "ana", "duty": "attested"})
    site.at(NOW - timedelta(days=40))
    site.round(["gaps", "root_disk"])
    site.at(NOW - 17 * HOURS)
    assert site.standings()["attested"] is Standing.NOT_LOOKED_AT


def test_the_command_shows_it_and_its_exit_code_is_the_verdict(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ops.commands.control import _options

    monkeypatch.setattr(_options, "read_inventory", lambda _: site.inventory)
    assert run(["conformity", "ours"]) == 0
    assert "met: All of it" in capsys.readouterr().out
    assert run(["conformity", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["packs"][0]["counts"]["met"] == 1
    page, results = site.root / "page.html", site.root / "results.json"
    assert run(["conformity", "--html", str(page)]) == 0
    assert "All of it" in page.read_text()
    assert run(["conformity", "--format", "oscal", "--output", str(results)]) == 0
    assert "assessment-results" in json.loads(results.read_text())
    assert run(["conformity", "--period", "2026-13"]) == 3
    assert run(["conformity", "other"]) == 3
    site.round(["gaps"], root_disk="fail")
    capsys.readouterr()
    assert run(["conformity"]) == 2
    out = capsys.readouterr().out
    assert "root_disk of his1 fails" in out
    assert "-> seawall explain" in out


def test_a_day_that_has_not_come_is_refused_and_today_is_not(site: Site) -> None:
    today = site.now.date()
    assert site.controls(today)
    with pytest.raises(UsageError, match="has not come yet"):
        site.controls(today + timedelta(days=1))
