"""People's words in the ledger: who, on what, and nothing that names a patient."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from ops import cli
from ops.core.run import run
from ops.evidence.ledger import NAME
from ops.evidence.verification import verify


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a ledger key, and somebody who came in with sudo."""
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    monkeypatch.setenv("SUDO_USER", "claudia")
    monkeypatch.delenv("SEAWALL_UNIT", raising=False)
    for folder in ("etc/seawall/credentials", "var/lib/seawall/state", "run/seawall"):
        (tmp_path / folder).mkdir(parents=True)
    etc = tmp_path / "etc/seawall"
    (etc / "policy.json").write_text(json.dumps({"version": 1, "host": "his1", "site": {"name": "Test"}}))
    key = etc / "credentials/ledger.key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], timeout=60)
    (etc / "allowed_signers").write_text(f'his1 namespaces="seawall-ledger" {key.with_suffix(".key.pub").read_text()}')
    return tmp_path


def records(root: Path) -> list[dict]:
    return [json.loads(line) for line in (root / "var/lib/seawall/ledger" / NAME).read_text().splitlines()]


def attest(*words: str) -> int:
    return cli.run(["ledger", "attest", "4.1.8", "--statement", "the UPS ran 14 min", *words])


def test_an_attestation_is_a_record_of_its_person(root: Path, tmp_path: Path) -> None:
    shown = tmp_path / "Joana Prado.pdf"
    shown.write_bytes(b"photograph")
    assert attest("--file", str(shown)) == 0
    (record,) = records(root)
    assert (record["act"], record["subject"], record["actor"]) == ("attestation", "4.1.8", "person:claudia")
    assert record["message"] == "the UPS ran 14 min"
    assert record["facts"] == {
        "by": "claudia",
        "shown_by": {"sha256": sha256(b"photograph").hexdigest(), "bytes": 10},
    }
    assert "Joana" not in json.dumps(record)
    found = verify(root / "var/lib/seawall/ledger", root / "etc/seawall/allowed_signers")
    assert {one.verdict.value for one in found} == {"pass"}


def test_names_of_people_are_cut_from_what_is_said(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["ledger", "attest", "4.1.8", "--statement", "restored for Joana Prado da Silva"]) == 0
    assert "Joana" not in json.dumps(records(root))
    assert "restored for" in capsys.readouterr().out


def test_a_sign_off_names_the_record_by_its_digest(root: Path) -> None:
    attest()
    line = (root / "var/lib/seawall/ledger" / NAME).read_bytes().splitlines(keepends=True)[0]
    assert cli.run(["ledger", "sign-off", "1", "--by", "Head of IT"]) == 0
    record = records(root)[1]
    assert (record["act"], record["subject"], record["message"]) == ("sign-off", "4.1.8", "read and accepted")
    assert record["facts"]["by"] == "Head of IT"
    assert record["facts"]["record"]["sha256"] == sha256(line).hexdigest()


def test_root_must_say_who(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("SUDO_USER", "root")
    assert attest() == 3
    assert "--by NAME" in capsys.readouterr().err
    assert attest("--by", "Head of IT") == 0
    assert records(root)[0]["facts"]["by"] == "Head of IT"


def test_what_can_not_be_signed_is_said(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    attest()
    assert cli.run(["ledger", "sign-off", "7"]) == 3
    assert "has no record 7" in capsys.readouterr().err
    assert attest("--file", "/nowhere/at/all") == 3
    path = root / "var/lib/seawall/ledger" / NAME
    path.write_bytes(path.read_bytes().replace(b"14 min", b"44 min"))
    assert cli.run(["ledger", "sign-off", "1"]) != 0
    assert "the ledger does not verify" in capsys.readouterr().err
    assert len(records(root)) == 1
