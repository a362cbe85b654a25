"""Going on with another key or after a restore: told from tampering, both ways."""

import json
import shutil
from hashlib import sha256
from pathlib import Path

import pytest
from conftest import make_key
from records import body

from ops import cli
from ops.core.errors import Damaged, Unavailable
from ops.core.files import lock
from ops.core.run import run
from ops.evidence.anchor import Anchor
from ops.evidence.keys import fingerprint, listed, public
from ops.evidence.ledger import HEAD, NAME, SIGNATURE, SIGNATURES, Head, Ledger
from ops.evidence.verification import verify
from ops.jobs.host import folders

POLICY = {"version": 1, "host": "his1", "site": {"name": "Test"}}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a ledger of three records."""
    root = tmp_path / "root"
    monkeypatch.setenv("SEAWALL_ROOT", str(root))
    monkeypatch.setenv("SUDO_USER", "claudia")
    for folder in ("etc/seawall/credentials", "var/lib/seawall/state", "run/seawall"):
        (root / folder).mkdir(parents=True)
    (root / "etc/seawall/policy.json").write_text(json.dumps(POLICY))
    made_anew(root)
    for number in range(3):
        write(root, number)
    return root


def made_anew(root: Path) -> None:
    """What the role does on a machine without a key."""
    folder = root / "etc/seawall/credentials"
    (folder / "ledger.key").unlink(missing_ok=True)
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "ledger.key"], timeout=60, input="y\n")
    line = f'his1 namespaces="seawall-ledger" {(folder / "ledger.key.pub").read_text()}'
    (root / "etc/seawall/allowed_signers").write_text(line)


def ledger(root: Path) -> Path:
    return root / "var/lib/seawall/ledger"


def key(root: Path) -> Path:
    return root / "etc/seawall/credentials/ledger.key"


def write(root: Path, number: int) -> None:
    Ledger(ledger(root), key(root)).append(body(number))


def found(root: Path, anchor: Head | None = None, **how: bool) -> list[tuple[str, str]]:
    signers = root / "etc/seawall/allowed_signers"
    noted = Anchor(anchor) if anchor else None
    return [(one.verdict.value, one.message) for one in verify(ledger(root), signers, noted, **how)]


def succeed(*words: str) -> int:
    return cli.run(["ledger", "succeed", "--reason", "ticket 4711", *words])


def test_a_new_key_signed_by_the_old_one_passes(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = public(key(machine))
    assert succeed() == 0
    assert fingerprint(public(key(machine))) in capsys.readouterr().out
    assert public(key(machine)) != before
    write(machine, 4)
    for each in (False, True):
        verdicts = found(machine, each_signature=each)
        assert {verdict for verdict, _ in verdicts} == {"pass"}
        assert any("a new key, signed by the previous one; reason: ticket 4711" in message for _, message in verdicts)
    record = json.loads((ledger(machine) / NAME).read_text().splitlines()[3])
    assert (record["act"], record["actor"]) == ("succession", "person:claudia")
    assert record["facts"]["old"] == fingerprint(before)
    assert record["facts"]["continues"]["n"] == 3
    assert sorted(path.name for path in key(machine).parent.iterdir()) == ["ledger.key", "ledger.key.pub"]
    assert key(machine).stat().st_mode & 0o777 == 0o600
    assert len(listed(machine / "etc/seawall/allowed_signers", "his1")) == 2


def test_the_list_of_signers_needs_only_the_new_key(machine: Path) -> None:
    succeed()
    succeed()
    write(machine, 5)
    signers = machine / "etc/seawall/allowed_signers"
    signers.write_text(signers.read_text().splitlines()[-1] + "\n")
    assert {verdict for verdict, _ in found(machine, each_signature=True)} == {"pass"}


def test_a_key_changed_without_a_word_fails(machine: Path) -> None:
    made_anew(machine)
    write(machine, 4)
    assert ("fail", "record 4 was signed with another key, and no succession explains why") in found(machine)


def test_a_succession_that_comes_late_is_told(machine: Path) -> None:
    old = (machine / "etc/seawall/allowed_signers").read_text()
    made_anew(machine)
    signers = machine / "etc/seawall/allowed_signers"
    signers.write_text(old + signers.read_text())
    write(machine, 4)
    assert succeed("--restored") == 0
    assert found(machine)[0] == ("warn", "record 4 was signed with another key; the succession came later, in 5")


def test_a_restored_machine_with_a_new_key_passes(machine: Path) -> None:
    old = (machine / "etc/seawall/allowed_signers").read_text()
    made_anew(machine)
    signers = machine / "etc/seawall/allowed_signers"
    signers.write_text(old + signers.read_text())
    assert succeed("--restored") == 0
    write(machine, 5)
    verdicts = found(machine, each_signature=True)
    assert {verdict for verdict, _ in verdicts} == {"pass"}
    assert any("restored, no record is known to be lost; reason: ticket 4711" in said for _, said in verdicts)


def restored_without_the_newest(machine: Path, tmp_path: Path) -> Head:
    """The ledger as of yesterday's backup; two records were written and noted elsewhere since."""
    shutil.copytree(ledger(machine), tmp_path / "backup")
    write(machine, 4)
    write(machine, 5)
    seen = Head.of(ledger(machine))
    assert seen is not None
    shutil.rmtree(ledger(machine))
    shutil.copytree(tmp_path / "backup", ledger(machine))
    return seen


def test_what_a_restore_lost_is_named_and_warned_of(machine: Path, tmp_path: Path) -> None:
    seen = restored_without_the_newest(machine, tmp_path)
    assert found(machine, seen)[0][0] == "fail"
    assert succeed("--restored", "--lost", str(seen).strip()) == 0
    write(machine, 6)
    verdict, message = found(machine, seen)[0]
    assert (verdict, "lost when the machine was restored" in message) == ("warn", True)
    newer = Head.of(ledger(machine))
    assert newer is not None
    assert all("noted elsewhere, was lost" not in said for _, said in found(machine, newer))


@pytest.mark.parametrize("named", [None, Head(5, "b" * 64), Head(4, "c" * 64)])
def test_a_succession_that_does_not_name_what_was_seen_elsewhere_fails(
    machine: Path, tmp_path: Path, named: Head | None
) -> None:
    seen = restored_without_the_newest(machine, tmp_path)
    succeed("--restored", *(["--lost", str(named).strip()] if named else []))
    assert found(machine, seen)[0][0] == "fail"


def test_a_head_from_before_the_restore_is_never_excused(machine: Path, tmp_path: Path) -> None:
    seen = restored_without_the_newest(machine, tmp_path)
    succeed("--restored", "--lost", str(seen).strip())
    assert found(machine, Head(2, "d" * 64))[0] == (
        "fail",
        "record 2 is not the one noted elsewhere: the ledger was rewritten",
    )


def test_a_succession_to_a_key_that_nobody_listed_fails(machine: Path) -> None:
    listed_before = (machine / "etc/seawall/allowed_signers").read_text()
    succeed()
    (machine / "etc/seawall/allowed_signers").write_text(listed_before)
    messages = [said for verdict, said in found(machine) if verdict == "fail"]
    assert any("which is not listed for this machine" in said for said in messages)
    assert any("re-signed by a stranger" in said for said in messages)


def test_a_planned_succession_without_the_old_signature_fails(machine: Path) -> None:
    succeed()
    kept = ledger(machine) / SIGNATURES
    kept.write_text("".join(line + "\n" for line in kept.read_text().splitlines()[:-1]))
    assert any("is not signed by the previous key" in said for _, said in found(machine))
    assert found(machine)[0][0] == "fail"


def test_a_succession_that_claims_another_head_fails(machine: Path) -> None:
    facts = {"old": "", "new": fingerprint(public(key(machine))), "new_public": public(key(machine))}
    claimed = {**facts, "continues": {"n": 2, "sha256": "e" * 64}, "restored": True, "reason": "x"}
    line = {"host": "his1", "actor": "person:x", "act": "succession", "subject": "ledger", "facts": claimed}
    Ledger(ledger(machine), key(machine)).append(line)
    assert found(machine)[0][1].endswith("claims to continue from a record other than the one before it")


def test_an_interrupted_change_of_the_key_is_done_again(machine: Path) -> None:
    folder = key(machine).parent
    make_key(folder, "ledger.key.new")
    key(machine).rename(folder / "ledger.key.old")  # as a power cut leaves it
    assert succeed() == 0
    write(machine, 5)
    assert {verdict for verdict, _ in found(machine)} == {"pass"}


def test_a_change_that_was_recorded_but_not_finished_is_done_again(machine: Path) -> None:
    old, signers = key(machine).read_bytes(), machine / "etc/seawall/allowed_signers"
    before = signers.read_text()
    succeed()
    (key(machine).parent / "ledger.key.old").write_bytes(old)
    (key(machine).parent / "ledger.key.old").chmod(0o600)
    signers.write_text(before)
    assert succeed() == 0
    assert {verdict for verdict, _ in found(machine, each_signature=True)} == {"pass"}


def test_no_key_is_changed_under_a_running_act(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = key(machine).read_bytes()
    with lock(folders.scratch() / "backup-his.lock", "backup-his"):
        assert succeed() == 3
    assert "backup-his is already running" in capsys.readouterr().err
    assert key(machine).read_bytes() == before
    assert succeed("--lost", f"3 {'a' * 64}") == 3
    assert key(machine).read_bytes() == before


def test_every_kept_signature_is_verified(machine: Path) -> None:
    assert ("pass", "3 stored signatures are good, the first of record 1") in found(machine, each_signature=True)
    kept = ledger(machine) / SIGNATURES
    text = kept.read_text()
    lines = text.splitlines(keepends=True)
    swapped = json.loads(lines[1]) | {"signature": json.loads(lines[0])["signature"]}
    kept.write_text(lines[0] + json.dumps(swapped) + "\n" + lines[2])
    assert found(machine, each_signature=True)[0] == (
        "fail",
        "the stored signature of record 2 does not match it: one of them was changed",
    )
    kept.write_text(lines[0] + "nonsense\n" + lines[2])
    assert "1 lines of ledger.jsonl.signatures are not signatures" in found(machine, each_signature=True)[0][1]
    kept.write_text(text + lines[2][:50])  # a power cut
    assert found(machine, each_signature=True)[0][0] == "pass"
    write(machine, 4)
    assert kept.read_text().startswith(text)
    assert found(machine, each_signature=True)[0][0] == "pass"
    kept.unlink()
    assert found(machine, each_signature=True)[0][0] == "unknown"
    assert found(machine)[0][0] == "pass"  # the last signature alone vouches for the chain


def test_a_ledger_written_anew_with_its_own_key_contradicts_its_kept_signatures(machine: Path) -> None:
    kept = (ledger(machine) / SIGNATURES).read_bytes()
    for name in (NAME, HEAD, SIGNATURE):
        (ledger(machine) / name).unlink()
    for number in (7, 8):
        write(machine, number)
    (ledger(machine) / SIGNATURES).write_bytes(kept)
    assert found(machine)[0][0] == "pass"
    messages = [said for verdict, said in found(machine, each_signature=True) if verdict == "fail"]
    assert messages[:3] == [
        "record 1 was different when it was signed",
        "record 2 was different when it was signed",
        "record 3 was signed and is gone",
    ]


def test_a_signature_of_an_unlisted_key_is_unknown(machine: Path, tmp_path: Path) -> None:
    kept = ledger(machine) / SIGNATURES
    head = Head.of(ledger(machine))
    strange = {"n": head.n, "sha256": head.sha256, "key": "SHA256:strange", "signature": "x"}
    kept.write_text(kept.read_text() + json.dumps(strange) + "\n")
    assert found(machine, each_signature=True)[0] == (
        "unknown",
        "1 signatures are by the key SHA256:strange, which is not listed: not checked",
    )


def test_a_record_without_its_key_is_named(machine: Path) -> None:
    lines = (ledger(machine) / NAME).read_bytes().splitlines(keepends=True)
    record = json.loads(lines[2])
    del record["key"]
    record["previous"] = record.pop("previous")
    changed = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    (ledger(machine) / NAME).write_bytes(b"".join([*lines[:2], changed]))
    (ledger(machine) / HEAD).write_text(str(Head(3, sha256(changed).hexdigest())))
    assert "record 3 names no key, although earlier ones do" in [said for _, said in found(machine)]


def test_the_public_half_is_read_as_ssh_keygen_reads_it(tmp_path: Path) -> None:
    made = make_key(tmp_path, "key")
    told = run(["ssh-keygen", "-l", "-f", made.with_suffix(".pub")], timeout=20).stdout.split()[1]
    assert fingerprint(public(made)) == told == fingerprint(made.with_suffix(".pub").read_text())
    (tmp_path / "cut").write_text(made.read_text()[:120])
    with pytest.raises(Damaged):
        public(tmp_path / "cut")
    with pytest.raises(Unavailable):
        public(tmp_path / "none")
