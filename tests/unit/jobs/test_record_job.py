"""`seawall record` on a server: the right record, verified, in every form."""

import json
import subprocess
from pathlib import Path

import pytest

from ops import cli
from ops.core.run import run
from ops.evidence.ledger import Ledger


def drill(number: int, asset: str = "his") -> dict:
    facts = {"set": f"set-{number}", "repository": "primary", "recovery_seconds": 1.0, "rto_seconds": 9, "rungs": []}
    common = {"host": "drill1", "actor": "unit:seawall-drill-his", "act": "drill", "subject": asset}
    return {**common, "result": "pass", "message": f"drill {number}", "facts": facts}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    monkeypatch.delitem(cli.CONTROL, "record")  # as on a server
    (tmp_path / "etc/seawall").mkdir(parents=True)
    key = tmp_path / "key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], timeout=60)
    signers = f'drill1 namespaces="seawall-ledger" {key.with_suffix(".pub").read_text()}'
    (tmp_path / "etc/seawall/allowed_signers").write_text(signers)
    ledger = Ledger(tmp_path / "var/lib/seawall/ledger", key)
    for body in (drill(1), drill(2, "lis"), drill(3), {**drill(4), "act": "backup"}):
        ledger.append(body)
    return tmp_path


def test_the_newest_drill_of_an_asset_is_meant(machine: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert cli.run(["record", "his", "--json"]) == 0
    predicate = json.loads(capsysbinary.readouterr().out)["predicate"]
    assert predicate["record"]["n"] == 3
    assert predicate["ledger"]["verdict"] == "pass"
    told = run(["ssh-keygen", "-l", "-f", machine / "key.pub"], timeout=20).stdout.split()[1]
    assert predicate["ledger"]["key"] == told


def test_a_record_is_found_by_its_number(capsysbinary: pytest.CaptureFixture[bytes], machine: Path) -> None:
    assert cli.run(["record", "--number", "2"]) == 0
    assert b"Record of a drill: lis" in capsysbinary.readouterr().out


def test_the_commands_on_the_page_say_what_the_page_says(
    capsysbinary: pytest.CaptureFixture[bytes], machine: Path
) -> None:
    cli.run(["record", "his", "--json"])
    said = json.loads(capsysbinary.readouterr().out)["predicate"]["ledger"]
    folder = machine / "var/lib/seawall/ledger"
    done = subprocess.run("sed -n 3p ledger.jsonl | sha256sum", shell=True, cwd=folder, capture_output=True, check=True)
    assert done.stdout.split()[0].decode() == said["sha256"]
    assert cli.run(["ledger", "verify", "--head", f"3 {said['sha256']}"]) == 0


def test_a_page_is_written_for_its_writer_alone(machine: Path) -> None:
    page = machine / "his.html"
    assert cli.run(["record", "his", "--output", str(page)]) == 0
    assert "Record of a drill: his" in page.read_text()
    assert page.stat().st_mode & 0o777 == 0o600


def test_a_server_makes_no_pdf_and_says_where_one_is_made(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["record", "his", "--format", "pdf", "--output", str(machine / "his.pdf")]) == 2
    assert "seawall control collect, then seawall record ASSET --format pdf" in capsys.readouterr().err
    assert not (machine / "his.pdf").exists()


def test_tampering_stands_on_the_page(capsysbinary: pytest.CaptureFixture[bytes], machine: Path) -> None:
    ledger = machine / "var/lib/seawall/ledger/ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b"set-3", b"set-9"))
    assert cli.run(["record", "his"]) == 0
    assert b"fail: record 3 was changed" in capsysbinary.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["record"], 2, "name the asset of the drill"),
        (["record", "nothing"], 1, "has no record of a drill: nothing"),
        (["record", "--number", "4"], 1, "has no record of a drill: number 4"),
        (["record", "his", "--number", "2"], 1, "has no record of a drill: his number 2"),
    ],
)
def test_what_is_not_there_is_said(
    words: list[str], code: int, said: str, machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(words) == code
    assert said in capsys.readouterr().err
