"""`seawall record` on the control machine: from the ledgers that were collected, as HTML, PDF and JSON."""

import io
import json
import os
import pty
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest
from pypdf import PdfReader

from ops import cli
from ops.core.run import run
from ops.evidence.ledger import Ledger

pytestmark = pytest.mark.usefixtures("quick_inventory")


def drill(when: str, asset: str = "his", host: str = "drill1") -> dict:
    facts = {"set": f"set-{when}", "repository": "primary", "recovery_seconds": 1.0, "rto_seconds": 9, "rungs": []}
    common = {"host": host, "actor": "unit:seawall-drill-his", "act": "drill", "subject": asset}
    return {**common, "result": "pass", "message": f"drilled at {when}", "facts": facts}


@pytest.fixture
def site(inventory: Path) -> Path:
    """An inventory with the ledgers of two drill hosts; the one of drill1 is the older."""
    signers = []
    for host, records in {
        "drill1": [drill("one"), drill("two", "lis"), {**drill("three"), "act": "backup"}],
        "his1": [drill("four", host="his1")],
    }.items():
        key = inventory / f"{host}.key"
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], timeout=60)
        signers.append(f'{host} namespaces="seawall-ledger" {Path(f"{key}.pub").read_text()}')
        ledger = Ledger(inventory / ".ledgers" / host, key)
        for body in records:
            ledger.append(body)
    (inventory / ".allowed_signers").write_text("".join(signers))
    return inventory


def test_a_pdf_names_site_and_owner_and_is_for_its_writer_alone(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "his.pdf"
    words = ["record", "his", "--on", "drill1", "--format", "pdf", "--output", str(page), "-i", str(site)]
    assert cli.run(words) == 0
    assert capsys.readouterr().out == f"record 1 of drill1: {page}\n"
    text = " ".join(PdfReader(page).pages[0].extract_text().split())
    assert "Record of a drill: his" in text
    assert "Test hospital" in text
    assert "Owner Head of IT" in text
    assert "pass: 3 records of drill1" in text
    assert page.stat().st_mode & 0o777 == 0o600


def test_a_pdf_may_go_into_a_pipe(site: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert cli.run(["record", "his", "--format", "pdf", "-i", str(site)]) == 0
    assert len(PdfReader(io.BytesIO(capsysbinary.readouterr().out)).pages) == 1


def drain(terminal: int) -> None:
    """Read what comes, so that a program that does write there ends."""
    with suppress(OSError):  # the other side has closed it
        while os.read(terminal, 1 << 16):
            pass
    os.close(terminal)


def test_a_pdf_is_not_written_to_a_terminal(site: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    ours, theirs = pty.openpty()
    Thread(target=drain, args=[ours], daemon=True).start()
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr("sys.stdout", terminal)
        assert cli.run(["record", "his", "--format", "pdf", "-i", str(site)]) == 2
    assert "refusing to write a PDF to a terminal" in capsys.readouterr().err


def test_the_newest_drill_of_all_hosts_is_meant(site: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    def moved(host: str, when: str) -> None:
        """Only what a record says of its time counts here, not its signature."""
        path = site / ".ledgers" / host / "ledger.jsonl"
        lines = [json.dumps({**json.loads(line), "when": when}) for line in path.read_text().splitlines()]
        path.write_text("".join(f"{line}\n" for line in lines))

    for newest, other in (("his1", "drill1"), ("drill1", "his1")):
        moved(newest, "2026-11-22T07:00:12Z")
        moved(other, "2026-11-21T07:00:12Z")
        assert cli.run(["record", "his", "--json", "-i", str(site)]) == 0
        assert json.loads(capsysbinary.readouterr().out)["predicate"]["record"]["host"] == newest


def test_tampering_with_what_was_collected_stands_on_the_page(
    site: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    ledger = site / ".ledgers/drill1/ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b"set-one", b"set-two"))
    assert cli.run(["record", "his", "--on", "drill1", "-i", str(site)]) == 0
    assert b"fail: record 1 was changed" in capsysbinary.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "name the asset of the drill"),
        (["nothing"], 1, "the collected ledgers have no record of a drill of nothing"),
        (["lis", "--on", "his1"], 1, "no record of a drill of lis"),
        (["--number", "1"], 2, "a record number needs the host"),
        (["--number", "3", "--on", "drill1"], 1, "no record of a drill of number 3"),
        (["his", "--on", "backup1"], 1, "no ledger was collected from backup1"),
        (["his", "--on", "nowhere"], 2, "the inventory has no host 'nowhere'"),
    ],
)
def test_what_is_not_there_is_said(
    words: list[str], code: int, said: str, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["record", *words, "-i", str(site)]) == code
    assert said in capsys.readouterr().err
