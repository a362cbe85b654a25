"""Verification: each kind of tampering by its name, and no alarm on a whole ledger."""

import json
import re
import shlex
import subprocess
import time
from hashlib import sha256
from pathlib import Path

import pytest
from records import body

from ops import cli
from ops.core.verdict import Verdict
from ops.evidence.anchor import Anchor
from ops.evidence.ledger import HEAD, NAME, SIGNATURE, Head, Ledger
from ops.evidence.ssh_signature import sign
from ops.evidence.verification import verify
from ops.fleet.inventory.check import judge
from ops.policy.compile import document


def messages(directory: Path, keys) -> list[str]:
    found = verify(directory, keys["signers"])
    assert found[0].verdict is Verdict.FAIL
    return [finding.message for finding in found if finding.verdict is not Verdict.PASS]


def change(line: bytes) -> bytes:
    return line.replace(b'"rows":1', b'"rows":9')


def write_anew(texts: list[dict]) -> bytes:
    """What somebody writes who knows the format: a whole chain of other records."""
    previous, whole = "0" * 64, []
    for number, record in enumerate(texts, 1):
        line = json.dumps({**record, "n": number, "previous": previous}, separators=(",", ":")).encode() + b"\n"
        previous = sha256(line).hexdigest()
        whole.append(line)
    return b"".join(whole)


def sign_anew(directory: Path, key: Path) -> None:
    raw = (directory / NAME).read_bytes().splitlines(keepends=True)
    head = str(Head(len(raw), sha256(raw[-1]).hexdigest()))
    (directory / HEAD).write_text(head)
    (directory / SIGNATURE).write_text(sign(head, key))


def test_a_whole_ledger_passes(directory, keys):
    (finding,) = verify(directory, keys["signers"])
    assert finding.verdict is Verdict.PASS
    assert finding.message.startswith("8 records of his1, ")


@pytest.mark.parametrize("number", range(1, 9))
def test_a_changed_line_is_named(directory, keys, edit, number):
    edit(lambda kept: [change(line) if place == number else line for place, line in enumerate(kept, 1)])
    (message,) = messages(directory, keys)
    assert message.startswith(f"record {number} was changed")


@pytest.mark.parametrize("number", range(1, 8))
def test_a_dropped_line_is_named(directory, keys, edit, number):
    edit(lambda kept: kept[: number - 1] + kept[number:])
    assert messages(directory, keys) == [f"record {number} was dropped"]


def test_dropped_lines_are_named_together(directory, keys, edit):
    edit(lambda kept: kept[:2] + kept[5:])
    assert messages(directory, keys) == ["records 3 to 5 were dropped"]


@pytest.mark.parametrize("number", range(1, 8))
def test_swapped_lines_are_named(directory, keys, edit, number):
    edit(lambda kept: [*kept[: number - 1], kept[number], kept[number - 1], *kept[number + 1 :]])
    (message,) = messages(directory, keys)
    assert message == f"records {number} and {number + 1} were swapped: they are in the wrong order"


@pytest.mark.parametrize("left", range(8))
def test_an_end_cut_off_is_named(directory, keys, edit, left):
    edit(lambda kept: kept[:left])
    assert messages(directory, keys) == [f"the end was cut off: 8 records were signed, {left} exist"]


def test_a_doubled_line_is_named(directory, keys, edit):
    edit(lambda kept: [*kept[:4], kept[3], *kept[4:]])
    assert "record 4 appears twice, in lines 4 and 5" in messages(directory, keys)


@pytest.mark.parametrize("number", [1, 4, 8])
def test_a_line_that_is_no_record_is_named(directory, keys, edit, number):
    edit(lambda kept: [b"\0" * 20 + b"\n" if place == number else line for place, line in enumerate(kept, 1)])
    assert messages(directory, keys)[0] == f"line {number} is not a record: it was changed or damaged"


def test_an_added_line_is_named(directory, keys, edit):
    whole = [json.loads(line) for line in (directory / NAME).read_text().splitlines()]
    (directory / NAME).write_bytes(write_anew([*whole[:4], whole[1], *whole[4:]]))
    assert any("was changed" in message for message in messages(directory, keys))


def test_a_ledger_re_signed_by_a_stranger_is_named(directory, keys):
    whole = [json.loads(line) for line in (directory / NAME).read_text().splitlines()]
    (directory / NAME).write_bytes(write_anew(whole[:5]))
    sign_anew(directory, keys["stranger"])
    (message,) = messages(directory, keys)
    assert message.startswith("re-signed by a stranger")


def test_a_head_changed_to_fit_a_cut_is_named(directory, keys, edit):
    edit(lambda kept: kept[:4])
    raw = (directory / NAME).read_bytes().splitlines(keepends=True)
    (directory / HEAD).write_text(f"4 {sha256(raw[-1]).hexdigest()}\n")
    assert messages(directory, keys) == ["the signature does not match the head: one of them was changed"]


@pytest.mark.parametrize("name", [HEAD, SIGNATURE])
def test_a_head_or_signature_taken_away_is_named(directory, keys, name):
    (directory / name).unlink()
    assert any(name in message and re.search("gone|missing", message) for message in messages(directory, keys))


def test_a_clock_set_back_is_named(directory, keys, monkeypatch):
    from datetime import timedelta

    from ops.core import clock

    past = clock.now() - timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: past)
    Ledger(directory, keys["ours"]).append(body(9))
    (finding,) = verify(directory, keys["signers"])
    assert finding.verdict is Verdict.WARN
    assert "the clock went back before record 9" in finding.message


def test_an_older_state_of_the_whole_is_found_by_a_head_noted_elsewhere(directory, keys):
    older = {path.name: path.read_bytes() for path in directory.iterdir()}
    Ledger(directory, keys["ours"]).append(body(9))
    noted = Head.read((directory / HEAD).read_text())
    assert verify(directory, keys["signers"], Anchor(noted))[0].verdict is Verdict.PASS
    for name, data in older.items():
        (directory / name).write_bytes(data)
    assert verify(directory, keys["signers"])[0].verdict is Verdict.PASS
    found = verify(directory, keys["signers"], Anchor(noted))
    assert (found[0].verdict, "noted elsewhere" in found[0].message) == (Verdict.FAIL, True)


def test_what_cannot_be_looked_at_is_unknown(directory, keys, tmp_path):
    (none,) = verify(tmp_path / "nothing", keys["signers"])
    assert none.verdict is Verdict.UNKNOWN
    assert verify(directory, tmp_path / "no-list")[0].verdict is Verdict.UNKNOWN


def test_a_long_ledger_is_verified_in_time_and_appended_to_at_once(tmp_path, keys):
    """100,000 records are to be verified within 20 s of one core; this is a fifth of them."""
    directory = tmp_path / "ledger"
    directory.mkdir()
    record = {"version": 1, "when": "2026-11-22T13:00:00Z", **body(1)}
    (directory / NAME).write_bytes(write_anew([record] * 20_000))
    sign_anew(directory, keys["ours"])
    start = time.process_time()
    assert verify(directory, keys["signers"])[0].verdict is Verdict.PASS
    assert time.process_time() - start < 4
    start = time.process_time()
    Ledger(directory, keys["ours"]).append(body(1))
    assert time.process_time() - start < 0.2


def by_hand(directory: Path, keys) -> list[str]:
    """Run the document's own commands, to the letter."""
    document = Path(__file__).parents[3] / "docs/ledger.md"
    (block,) = re.findall(r"^```sh\n(.*?)^```$", document.read_text(), re.MULTILINE | re.DOTALL)
    surroundings = {"PATH": "/usr/bin:/bin", "signers": str(keys["signers"]), "machine": "his1"}
    words = ["sh", "-c", block]
    done = subprocess.run(words, cwd=directory, env=surroundings, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).splitlines()


def test_the_document_verifies_a_whole_ledger_by_hand(directory, keys):
    said = by_hand(directory, keys)
    assert said[0] == "the chain ends at the head"
    assert said[1].startswith('Good "seawall-ledger" signature for his1 with ED25519 key')
    assert len(said) == 2


def test_the_document_finds_tampering_by_hand(directory, keys, edit):
    edit(lambda kept: [*kept[:3], change(kept[3]), *kept[4:]])
    assert "line 5 does not follow the line before it" in by_hand(directory, keys)
    edit(lambda kept: kept[:3])
    assert "the chain ends at the head" not in by_hand(directory, keys)
    sign_anew(directory, keys["stranger"])
    assert not [line for line in by_hand(directory, keys) if line.startswith("Good")]


@pytest.mark.parametrize("plain", [False, True])
def test_the_command_says_what_it_found_and_exits_by_the_verdict(directory, keys, edit, capsys, plain):
    words = ["ledger", "verify", "--directory", str(directory), "--signers", str(keys["signers"])]
    words += ["--json"] if plain else []
    assert cli.run(words) == 0
    assert "complete and signed" in capsys.readouterr().out
    edit(lambda kept: kept[:3] + kept[4:])
    assert cli.run(words) == 2
    assert "record 4 was dropped" in capsys.readouterr().out
    assert cli.run([*words[:3], str(directory / "none"), *words[4:]]) == 3
    assert cli.run([*words, "--head", "nonsense"]) == 3


def test_the_command_shows_the_newest_records(directory, keys, capsys):
    assert cli.run(["ledger", "show", "--directory", str(directory), "-n", "3"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in shown[1:]] == ["6", "7", "8"]
    assert "unit:seawall-backup-his" in shown[1]
    assert cli.run(["ledger", "show", "--directory", str(directory), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 8


@pytest.mark.usefixtures("quick_inventory")
def test_a_machine_that_is_to_do_nothing_needs_no_record(inventory, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path / "root"))
    place = tmp_path / "root/etc/seawall/policy.json"
    place.parent.mkdir(parents=True)
    for host, code in (("backup1", 0), ("his1", 3), ("drill1", 3)):
        place.write_text(json.dumps(document(judge(inventory)[0][host])))
        assert cli.run(["ledger", "verify"]) == code
    (tmp_path / "root/var/lib/seawall/ledger").mkdir(parents=True)
    (tmp_path / "root/var/lib/seawall/ledger" / HEAD).write_text(f"3 {'0' * 64}\n")
    place.write_text(json.dumps(document(judge(inventory)[0]["backup1"])))
    assert cli.run(["ledger", "verify"]) == 2
    assert "the end was cut off" in capsys.readouterr().out


def test_the_head_is_shown_for_paper_and_verifies_later(directory, keys, capsys):
    words = ["--directory", str(directory), "--signers", str(keys["signers"])]
    assert cli.run(["ledger", "head", *words]) == 0
    head, key = capsys.readouterr().out.splitlines()
    assert head == (directory / HEAD).read_text().strip()
    assert cli.run(["ledger", "head", "--paper", *words]) == 0
    page = capsys.readouterr().out
    for wanted in ("Head of the ledger of his1", head.split()[1], key, "Verified now        pass", "Signature  "):
        assert wanted in page
    (command,) = [line.strip() for line in page.splitlines() if line.strip().startswith("seawall ")]
    Ledger(directory, keys["ours"]).append(body(9))
    assert cli.run([*shlex.split(command)[1:], *words]) == 0
    assert cli.run(["ledger", "head", "--directory", str(directory / "none")]) == 3


def test_the_head_of_a_tampered_ledger_says_so(directory, keys, edit, capsys):
    edit(lambda kept: kept[:3])
    words = ["--directory", str(directory), "--signers", str(keys["signers"])]
    assert cli.run(["ledger", "head", "--paper", *words]) == 2
    assert "Verified now        fail" in capsys.readouterr().out


def test_a_ledger_taken_away_contradicts_a_head_seen_elsewhere(directory, keys):
    (found,) = verify(directory / "none", keys["signers"], Anchor(Head(8, "a" * 64)))
    assert found.verdict is Verdict.FAIL
    (found,) = verify(directory / "none", keys["signers"])
    assert found.verdict is Verdict.UNKNOWN
