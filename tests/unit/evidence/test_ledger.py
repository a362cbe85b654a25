"""Writing the ledger: nothing lost and nothing hidden, whatever happens to its end."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest
from records import body

from ops.core.errors import Damaged, SeawallError
from ops.core.verdict import Verdict, worst
from ops.evidence.ledger import HEAD, NAME, SIGNATURE, Ledger
from ops.evidence.verification import verify


def lines(directory: Path) -> list[dict]:
    return [json.loads(line) for line in (directory / NAME).read_text().splitlines()]


def verdict(directory: Path, keys) -> Verdict:
    return worst(finding.verdict for finding in verify(directory, keys["signers"]))


def test_a_record_says_who_when_what_and_what_came_before(directory):
    raw = (directory / NAME).read_bytes().splitlines(keepends=True)
    record = json.loads(raw[3])
    assert list(record)[:3] == ["version", "n", "when"]
    assert list(record)[-1] == "previous"
    assert record["n"] == 4
    assert record["facts"] == {"rows": 1004}
    assert record["message"] == body(4)["message"]
    assert record["previous"] == sha256(raw[2]).hexdigest()
    assert json.loads(raw[0])["previous"] == "0" * 64
    assert (directory / HEAD).read_text() == f"8 {sha256(raw[7]).hexdigest()}\n"


def test_a_body_cannot_speak_for_the_chain(tmp_path, keys):
    ledger = Ledger(tmp_path / "ledger", keys["ours"])
    ledger.append({**body(1), "n": 7, "previous": "f" * 64, "when": "1999-01-01T00:00:00Z"})
    assert lines(tmp_path / "ledger")[0]["n"] == 1
    assert verdict(tmp_path / "ledger", keys) is Verdict.PASS


def test_what_is_no_json_is_refused_and_leaves_no_line(directory, keys):
    before = (directory / NAME).read_bytes()
    for value in (float("nan"), object()):
        with pytest.raises(SeawallError, match="can't contain"):
            Ledger(directory, keys["ours"]).append({**body(1), "facts": {"value": value}})
    assert (directory / NAME).read_bytes() == before


def test_a_name_that_is_no_unicode_can_be_recorded(directory, keys):
    Ledger(directory, keys["ours"]).append({**body(1), "message": os.fsdecode(b"caf\xe9")})
    assert lines(directory)[-1]["message"] == os.fsdecode(b"caf\xe9")
    assert verdict(directory, keys) is Verdict.PASS


def test_without_its_key_nothing_is_written(directory, keys, tmp_path):
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    with pytest.raises(SeawallError):
        Ledger(directory, tmp_path / "no-such-key").append(body(9))
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == before


@pytest.mark.parametrize("left", [1, 40, 0.5, -1])
def test_a_line_cut_short_is_set_aside_and_the_chain_goes_on(directory, keys, left):
    path = directory / NAME
    last = path.read_bytes().splitlines(keepends=True)[-1]
    cut = last[: left if isinstance(left, int) else len(last) // 2]
    with path.open("ab") as file:
        file.write(cut)
    assert verdict(directory, keys) is Verdict.WARN
    Ledger(directory, keys["ours"]).append(body(9))
    written = lines(directory)
    assert [record["n"] for record in written] == list(range(1, 11))
    own = written[8]
    assert (own["act"], own["result"]) == ("ledger", "pass")
    assert (directory / own["facts"]["file"]).read_bytes() == cut
    assert verdict(directory, keys) is Verdict.PASS
    assert any("set aside" in finding.message for finding in verify(directory, keys["signers"]))


def test_power_lost_between_line_and_head_is_told_from_tampering(directory, keys):
    before = {name: (directory / name).read_bytes() for name in (HEAD, SIGNATURE)}
    Ledger(directory, keys["ours"]).append(body(9))
    for name, data in before.items():
        (directory / name).write_bytes(data)
    assert verdict(directory, keys) is Verdict.WARN
    Ledger(directory, keys["ours"]).append(body(10))
    assert [record["act"] for record in lines(directory)[-3:]] == ["backup", "ledger", "backup"]
    assert verdict(directory, keys) is Verdict.WARN  # said for good: it may have been somebody


def test_power_lost_between_head_and_signature_is_told_from_tampering(directory, keys):
    before = (directory / SIGNATURE).read_bytes()
    Ledger(directory, keys["ours"]).append(body(9))
    (directory / SIGNATURE).write_bytes(before)
    assert verdict(directory, keys) is Verdict.WARN
    Ledger(directory, keys["ours"]).append(body(10))
    assert verdict(directory, keys) is Verdict.PASS


def test_an_end_cut_off_stays_known_when_the_chain_goes_on(directory, keys, edit):
    edit(lambda kept: kept[:5])
    Ledger(directory, keys["ours"]).append(body(9))
    found = verify(directory, keys["signers"])
    assert found[0].verdict is Verdict.FAIL
    assert "8 lines were signed, 5 exist" in found[0].message


def test_a_ledger_taken_away_stays_known_when_a_new_one_begins(directory, keys):
    (directory / NAME).unlink()
    Ledger(directory, keys["ours"]).append(body(1))
    found = verify(directory, keys["signers"])
    assert found[0].verdict is Verdict.FAIL
    assert "8 lines were signed, 0 exist" in found[0].message


def test_many_writers_at_once_make_one_chain(directory, keys):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: Ledger(directory, keys["ours"]).append(body(number)), range(12)))
    assert [record["n"] for record in lines(directory)] == list(range(1, 21))
    assert verdict(directory, keys) is Verdict.PASS


def test_killed_at_any_moment_it_loses_nothing_that_was_written(tmp_path, keys):
    writer = (
        "import sys; from pathlib import Path; from ops.evidence.ledger import Ledger\n"
        "ledger = Ledger(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "while True: print(ledger.append({'host': 'his1', 'act': 'backup'}).n, flush=True)\n"
    )
    directory, seen = tmp_path / "ledger", 0
    for delay in (0.05, 0.08, 0.11):
        words = [sys.executable, "-c", writer, directory, keys["ours"]]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        seen = int(process.stdout.readline())
        time.sleep(delay)
        process.kill()
        said = process.stdout.read().split()
        process.stdout.close()
        process.wait()
        seen = int(said[-1]) if said and said[-1].isdigit() else seen
        assert len(lines(directory)) >= seen
        assert verdict(directory, keys) in {Verdict.PASS, Verdict.WARN}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can write for another account")
def test_what_root_writes_belongs_to_the_ledgers_account(tmp_path, keys):
    directory = tmp_path / "ledger"
    directory.mkdir()
    os.chown(directory, 65534, 65534)
    Ledger(directory, keys["ours"]).append(body(1))
    assert {path.stat().st_uid for path in directory.iterdir()} == {65534}
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o640}


def test_a_link_in_the_ledgers_place_is_not_followed(tmp_path, keys):
    directory = tmp_path / "ledger"
    directory.mkdir()
    (tmp_path / "precious").write_text("")
    (directory / NAME).symlink_to(tmp_path / "precious")
    with pytest.raises(Damaged, match="is not a plain file"):
        Ledger(directory, keys["ours"]).append(body(1))
    assert (tmp_path / "precious").read_text() == ""
