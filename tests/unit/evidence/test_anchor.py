"""A head noted elsewhere: a succession excuses what a restore lost, and nothing that was written since."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from records import body

from ops.core import clock
from ops.core.schema import encode
from ops.core.verdict import Verdict
from ops.evidence.anchor import Anchor
from ops.evidence.key_rotation import MOST_LOST, facts
from ops.evidence.keys import public
from ops.evidence.ledger import HEAD, NAME, SIGNATURE, SIGNATURES, Head, Ledger
from ops.evidence.verification import verify

LOST = Head(30, "ab" * 32)
HOUR = timedelta(hours=1)


class Restored:
    """A machine that came back with five of thirty records, and said so in the sixth."""

    def __init__(self, folder: Path, keys: dict[str, Path], lost: Head = LOST) -> None:
        self.folder, self.signers = folder / "ledger", keys["signers"]
        self.ledger = Ledger(self.folder, keys["ours"])
        for number in range(1, 6):
            self.ledger.append(body(number))
        key = public(keys["ours"])
        self.ledger.append(
            lambda end: {
                "host": "his1",
                "actor": "person:x",
                "act": "succession",
                "subject": "ledger",
                "result": "pass",
                "facts": encode(facts(key, key, end, reason="disk lost", restored=True, lost=lost)),
            }
        )

    def written_anew_after(self, number: int) -> None:
        """What somebody does who may sign: all records after one are others."""
        kept = (self.folder / NAME).read_bytes().splitlines(keepends=True)[:number]
        for name in (SIGNATURE, SIGNATURES):
            (self.folder / name).unlink()
        (self.folder / NAME).write_bytes(b"".join(kept))
        (self.folder / HEAD).write_text(str(Head(number, sha256(kept[-1]).hexdigest())))
        for further in range(3):
            self.ledger.append(body(50 + further))

    def told(self, anchor: Anchor) -> tuple[Verdict, str]:
        worst = verify(self.folder, self.signers, anchor)[0]
        return worst.verdict, worst.message


@pytest.fixture
def restored(tmp_path: Path, keys: dict[str, Path]) -> Restored:
    return Restored(tmp_path, keys)


def test_the_head_that_the_succession_names_is_excused(restored: Restored) -> None:
    verdict, message = restored.told(Anchor(LOST))
    assert (verdict, "was lost when the machine was restored" in message) == (Verdict.WARN, True)


def test_one_that_was_seen_before_the_restore_is_excused(restored: Restored) -> None:
    assert restored.told(Anchor(Head(20, "c" * 64), clock.now() - HOUR))[0] is Verdict.WARN


@pytest.mark.parametrize("seen", [None, HOUR], ids=["nobody knows when", "seen later"])
def test_what_was_written_after_the_succession_is_not_excused(restored: Restored, seen: timedelta | None) -> None:
    for number in range(14):
        restored.ledger.append(body(number))
    noted = Head.of(restored.folder)
    assert noted is not None
    anchor = Anchor(noted, seen and clock.now() + seen)
    assert restored.told(anchor)[0] is Verdict.WARN  # what the restore lost is told for good, and this head is here
    restored.written_anew_after(6)
    assert restored.told(anchor) == (
        Verdict.FAIL,
        "record 20, noted elsewhere, is not in this ledger: its end was cut off",
    )


def test_a_succession_that_was_known_before_the_head_does_not_excuse_it(restored: Restored) -> None:
    line = (restored.folder / NAME).read_bytes().splitlines(keepends=True)[5]
    early = Anchor(Head(20, "c" * 64), clock.now() - HOUR, {sha256(line).hexdigest()})
    assert restored.told(early)[0] is Verdict.FAIL


def test_a_succession_dated_in_the_future_excuses_nothing_but_what_it_names(
    tmp_path: Path, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = clock.now() + 9 * HOUR
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: ahead)
        restored = Restored(tmp_path, keys)
    assert restored.told(Anchor(Head(20, "c" * 64), clock.now()))[0] is Verdict.FAIL
    assert restored.told(Anchor(LOST, clock.now()))[0] is Verdict.WARN


@pytest.mark.parametrize("number", [10**12, MOST_LOST + 7])
def test_a_window_without_a_bound_is_refused(tmp_path: Path, keys: dict[str, Path], number: int) -> None:
    restored = Restored(tmp_path, keys, Head(number, "d" * 64))
    found = verify(restored.folder, restored.signers)[0]
    assert (found.verdict, "more than a machine can have written" in found.message) == (Verdict.FAIL, True)


def test_a_record_of_another_host_is_named(directory: Path, keys: dict[str, Path]) -> None:
    ledger = Ledger(directory, keys["ours"])
    ledger.append({**body(9), "host": "lis1"})
    messages = [one.message for one in verify(directory, keys["signers"]) if one.verdict is Verdict.FAIL]
    assert "record 9 is of lis1, those before are of his1, and no succession explains why" in messages
    ledger.append({name: value for name, value in body(10).items() if name != "host"})
    messages = [one.message for one in verify(directory, keys["signers"]) if one.verdict is Verdict.FAIL]
    assert "record 10 names no host, although earlier ones do" in messages


def test_the_ledger_of_another_machine_is_named(directory: Path, keys: dict[str, Path]) -> None:
    assert verify(directory, keys["signers"], host="his1")[0].verdict is Verdict.PASS
    found = verify(directory, keys["signers"], host="lis1")[0]
    assert (found.verdict, found.message) == (
        Verdict.FAIL,
        "the newest record is of his1, and this is the ledger of lis1",
    )


def test_a_machine_that_has_another_name_now_says_so_by_a_succession(directory: Path, keys: dict[str, Path]) -> None:
    key = public(keys["ours"])
    signers = directory.parent / "signers"
    signers.write_text("".join(f'{host} namespaces="seawall-ledger" {key}\n' for host in ("his1", "his2")))
    Ledger(directory, keys["ours"]).append(
        lambda end: {
            "host": "his2",
            "actor": "person:x",
            "act": "succession",
            "subject": "ledger",
            "result": "pass",
            "facts": encode(facts(key, key, end, reason="renamed", restored=True, lost=None)),
        }
    )
    found = verify(directory, signers, host="his2")[0]
    assert (found.verdict, found.message) == (
        Verdict.WARN,
        "record 9 is of his2, those before are of his1; reason: renamed",
    )
