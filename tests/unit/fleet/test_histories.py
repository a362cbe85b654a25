"""Histories of a ledger, played by chance: a legal one never fails, and whatever is none fails by name."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from histories import DAY, FINE, LEGAL, Files, Site, new_key
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from ops.core.verdict import Finding, Verdict
from ops.evidence.keys import public
from ops.evidence.ledger import HEAD, NAME, SIGNATURE, SIGNATURES, Head
from ops.evidence.ssh_signature import sign
from ops.fleet.ledgers import collect, heads
from ops.jobs.ledger.rotate_key import Wanted, go_on


def signed_anew(site: Site, lines: list[bytes], key: Path) -> None:
    """The lines as somebody leaves them who may sign with a key: with a head and signatures that fit."""
    head = str(Head(len(lines), hashlib.sha256(lines[-1]).hexdigest()))
    site.put({NAME: b"".join(lines), HEAD: head.encode(), SIGNATURE: sign(head, key).encode(), SIGNATURES: b""})


def lines_of(site: Site) -> list[bytes]:
    return (site.ledger / NAME).read_bytes().splitlines(keepends=True)


def cut(site: Site) -> None:
    signed_anew(site, lines_of(site)[:-1], site.key)


def fork(site: Site) -> None:
    signed_anew(site, lines_of(site)[:-2], site.key)
    for _ in range(4):
        site.act()


def from_the_start(site: Site) -> None:
    site.put({})
    for _ in range(9):
        site.act()


def edit(site: Site) -> None:
    lines = lines_of(site)
    site.put(site.files() | {NAME: b"".join([lines[0].replace(b'"pass"', b'"fail"'), *lines[1:]])})


def stranger(site: Site) -> None:
    key = site.root / "stranger"
    new_key(key)
    head = (site.ledger / HEAD).read_text()
    site.put(site.files() | {SIGNATURE: sign(head, key).encode()})


def unexplained_key(site: Site) -> None:
    new_key(site.key)
    site.act()


def replay(site: Site) -> None:
    site.put(site.saved[0])


def replay_and_go_on(site: Site) -> None:
    replay(site)
    if public(site.key) not in (site.root / "etc/seawall/allowed_signers").read_text().splitlines()[0]:
        site.list_key()
    for _ in range(2):
        site.act()


def truncate(site: Site) -> None:
    site.put(site.files() | {NAME: b""})


def removed(site: Site) -> None:
    site.put({})


def without_head(site: Site) -> None:
    files = site.files()
    site.put({name: content for name, content in files.items() if name != HEAD})


def foreign(site: Site) -> None:
    site.act("lis1")


def another_machines(site: Site) -> None:
    site.put({})
    for _ in range(9):
        site.act("lis1")


def old_window(site: Site) -> None:
    """A succession of somebody's who may sign: dated before what it drops, with room for all of it."""
    end, kept = len(lines_of(site)), lines_of(site)[:2]
    signed_anew(site, kept, site.key)
    now, site.now = site.now, site.noted[-1].seen - DAY  # type: ignore[operator]
    wanted = Wanted("disk lost", True, Head(end + 50, "ab" * 32))
    go_on(wanted, site.ledger, site.root / "etc/seawall/allowed_signers")
    site.now = now


def kept_signature(site: Site) -> None:
    lines = (site.ledger / SIGNATURES).read_bytes().splitlines(keepends=True)
    first, last = json.loads(lines[0]), json.loads(lines[-1])
    changed = json.dumps(first | {"signature": last["signature"]}).encode() + b"\n"
    site.put(site.files() | {SIGNATURES: b"".join([changed, *lines[1:]])})


ILLEGAL: dict[Callable[[Site], None], str] = {
    cut: "cut off",
    fork: "was rewritten|cut off|another key",
    from_the_start: "was rewritten|cut off",
    edit: "record 1 was changed",
    stranger: "re-signed by a stranger",
    unexplained_key: "no succession explains why",
    replay: "cut off|was rewritten|stranger|another key",
    replay_and_go_on: "cut off|was rewritten|another key|stranger|not listed",
    truncate: "cut off",
    removed: "is gone",
    without_head: "the head ledger.jsonl.head is missing",
    foreign: "is of lis1",
    another_machines: "of lis1|was rewritten|cut off",
    old_window: "cut off|was rewritten",
    kept_signature: "kept signatures are no longer those",
}


@contextmanager
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        yield Site(Path(folder), patch)


def played(site: Site, history: list[str]) -> None:
    for step in history:
        LEGAL[step](site)


def collected(site: Site) -> Files:
    return {path.name: path.read_bytes() for path in (site.inventory / ".ledgers/his1").iterdir()}


def demand_named(one: Site, wrong: Iterable[Callable[[Site], None]]) -> None:
    """Do each to a site that is well; demand that it fails by name and nothing is taken over, and put all back."""
    whole, kept, now = one.files(), collected(one), one.now
    keys = {path: path.read_bytes() for path in one.key.parent.iterdir()}
    for how in wrong:
        how(one)
        said = [one.judged(), one.gather()]
        words = [found.message for found in said if found.verdict is Verdict.FAIL]
        assert words, (how.__name__, said)
        assert re.search(ILLEGAL[how], "; ".join(words)), (how.__name__, words)
        assert collected(one) == kept, how.__name__
        for path, content in keys.items():
            path.write_bytes(content)
        one.put(whole)
        one.now = now
    assert one.gather().verdict in FINE


histories = st.lists(st.sampled_from(sorted(LEGAL)), min_size=2, max_size=7)


@examples(12)
@given(histories, st.sets(st.sampled_from(sorted(ILLEGAL, key=lambda how: how.__name__)), min_size=3, max_size=5))
def test_what_is_legal_does_not_fail_and_what_is_not_fails(
    history: list[str], wrong: set[Callable[[Site], None]]
) -> None:
    with site() as one:
        played(one, history)
        for found in (one.judged(), one.gather()):
            assert found.verdict in FINE, (history, found)
        one.act()
        one.act()
        one.note()
        one.gather()
        demand_named(one, sorted(wrong, key=lambda how: how.__name__))


def test_each_is_named_on_a_history_with_a_restore() -> None:
    with site() as one:
        played(one, ["more", "note", "gather", "restore", "more", "save", "note", "gather"])
        demand_named(one, ILLEGAL)


def written_anew(site: Site, dropped: int) -> None:
    """The end written anew by the machine itself, lines and signatures; what was collected is still its beginning."""
    kept = collected(site)[SIGNATURES]
    signed_anew(site, lines_of(site)[:-dropped], site.key)
    site.put(site.files() | {SIGNATURES: kept})
    for _ in range(dropped + 1):
        site.act()


@pytest.mark.parametrize("dropped", [1, 2, 3])
def test_what_a_lying_machine_told_the_status_is_looked_for_in_what_is_collected(dropped: int) -> None:
    """The heads were noted after the ledger was collected, and the machine itself calls whatever it has whole."""
    with site() as one:
        for _ in range(3):
            one.act()
            one.note()
        whole, kept = one.files(), collected(one)
        written_anew(one, dropped)
        found = one.gather()
        assert (found.verdict, collected(one)) == (Verdict.FAIL, kept)
        assert f"record {7 - dropped} is not the one noted elsewhere: the ledger was rewritten" in found.message
        one.put(whole)
        assert one.gather().verdict is Verdict.PASS


def test_what_the_status_saw_and_was_never_collected_is_not_taken_for_a_ledger_that_does_not_exist_yet() -> None:
    with site() as one:
        shutil.rmtree(one.inventory / ".ledgers")
        one.put({})
        with pytest.MonkeyPatch.context() as patch:
            none = Finding(Verdict.UNKNOWN, collect.NONE)
            patch.setattr(collect, "_asked", lambda _, copies: dict.fromkeys(copies, none))
            assert one.gather() == Finding(Verdict.FAIL, "its ledger is gone; record 3 was seen before")
            heads.place(one.inventory).unlink()
            assert one.gather() == none


def test_records_that_were_collected_unsigned_are_not_written_anew() -> None:
    with site() as one:
        before = one.files()
        for _ in range(3):
            one.act()
        one.put(one.files() | {name: before[name] for name in (HEAD, SIGNATURE, SIGNATURES)})
        assert one.gather().verdict is Verdict.WARN
        whole, kept = one.files(), collected(one)
        one.put(before)
        for _ in range(4):
            one.act()
        found = one.gather()
        assert (found.verdict, collected(one)) == (Verdict.FAIL, kept)
        assert "records 4 to 6, collected before they were signed, changed since" in found.message
        one.put(whole)  # the honest machine signs them as they are
        one.act()
        assert one.gather().verdict is Verdict.WARN


def test_records_that_were_collected_unsigned_may_be_lost_in_a_restore() -> None:
    with site() as one:
        one.unsigned()
        one.gather()
        one.restore(one.saved[0], new=False)
        found = one.gather()
        assert (found.verdict, "record 4, collected before it was signed, lost" in found.message) == (
            Verdict.WARN,
            True,
        ), found
