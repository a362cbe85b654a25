"""A guard that a person passes is in the ledger, with who and why, whatever becomes of the act."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from account import needs_root

from ops import cli
from ops.core.errors import SeawallError
from ops.core.run import run
from ops.evidence.ledger import NAME
from ops.evidence.verification import verify
from ops.jobs.drill import start
from ops.jobs.drill.options import DrillOptions
from ops.jobs.run.handover import offered
from ops.jobs.run.override import LOSS, REMOVAL, Override
from ops.policy import HostLayers, compile_site
from ops.policy.compile import document

ALL = {
    "version": 1,
    "site": {"name": "Test hospital"},
    "contacts": {"it": {"name": "Head of IT"}},
    "repositories": {"primary": {"kind": "rest_server", "place": "primary", "host": "backup1"}},
}
DOCUMENTS = {
    "owner": "it",
    "sources": {"all": {"kind": "files", "options": {"paths": ["/srv/documents"]}}},
    "repository": "primary",
    "schedule": "*-*-* 01:30:00",
    "rpo": "26h",
    "rto": "1h",
    "retention": {"all": "14d"},
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose repository can't be reached, and somebody who came in with sudo."""
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    monkeypatch.setenv("SUDO_USER", "claudia")
    monkeypatch.delenv("SEAWALL_UNIT", raising=False)
    for folder in ("etc/seawall/credentials", "var/lib/seawall/ledger", "run/seawall/account"):
        (tmp_path / folder).mkdir(parents=True)
    policies = compile_site(
        {"backup1": HostLayers(ALL), "his1": HostLayers(ALL, host={"assets": {"documents": DOCUMENTS}})}
    )
    etc = tmp_path / "etc/seawall"
    (etc / "policy.json").write_text(json.dumps(document(policies["his1"])))
    key = etc / "credentials/ledger.key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], timeout=60)
    (etc / "allowed_signers").write_text(f'his1 namespaces="seawall-ledger" {key.with_suffix(".key.pub").read_text()}')
    return tmp_path


def records(root: Path) -> list[dict]:
    return [json.loads(line) for line in (root / "var/lib/seawall/ledger" / NAME).read_text().splitlines()]


def test_an_accepted_loss_is_recorded_though_the_backup_fails(root: Path) -> None:
    assert cli.run(["backup", "documents", "--accept-loss", "the archive of 2009 was deleted, ticket 4711"]) == 1
    override, backup = records(root)
    assert (override["act"], override["subject"], override["actor"]) == ("override", "documents", "person:claudia")
    assert override["facts"] == {
        "guard": LOSS,
        "reason": "the archive of 2009 was deleted, ticket 4711",
        "by": "claudia",
    }
    assert (backup["act"], backup["result"]) == ("backup", "fail")
    found = verify(root / "var/lib/seawall/ledger", root / "etc/seawall/allowed_signers")
    assert {one.verdict.value for one in found} == {"pass"}


def test_a_backup_that_passes_no_guard_records_no_override(root: Path) -> None:
    assert cli.run(["backup", "documents"]) == 1
    assert [record["act"] for record in records(root)] == ["backup"]


@needs_root
def test_the_unit_records_the_person_who_asked_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with offered("backup-documents", Override(LOSS, "ticket 4711", "person:rui"), by_root=True):
        monkeypatch.setenv("SEAWALL_UNIT", "seawall-backup-documents.service")
        assert cli.run(["backup", "documents"]) == 1
    override = records(root)[0]
    assert override["actor"] == "unit:seawall-backup-documents.service"
    assert (override["facts"]["by"], override["facts"]["reason"]) == ("rui", "ticket 4711")


def test_what_is_quoted_in_a_reason_is_cut_and_the_approver_is_not(root: Path) -> None:
    Override(REMOVAL, "compare 'Joana Prado'", "person:rui", "Ana Lima").record("his1", "documents")
    (record,) = records(root)
    assert "Joana" not in json.dumps(record)
    assert record["facts"]["approver"] == "Ana Lima"


def test_a_kept_drill_is_recorded_before_it_is_played(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    played = []
    monkeypatch.setattr(start, "drilled", lambda *_: played.append([record["act"] for record in records(root)]))
    wishes = DrillOptions(keep="compare table X", approver="Head of IT", by="person:claudia")
    start._played(SimpleNamespace(host="drill1"), "his", None, wishes)
    assert played == [["override"]]
    assert records(root)[0]["facts"]["approver"] == "Head of IT"


def test_without_a_record_no_guard_is_passed(root: Path) -> None:
    (root / "etc/seawall/credentials/ledger.key").unlink()
    with pytest.raises(SeawallError, match=r"ledger\.key"):
        Override(LOSS, "ticket 4711", "person:rui").record("his1", "documents")
