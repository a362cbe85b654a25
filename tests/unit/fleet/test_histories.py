"""Histories of a ledger, played by chance: a legal one never fails, and whatever is none fails by name."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from ops.core import clock
from ops.core.run import run
from ops.core.verdict import Finding, Verdict
from ops.evidence.anchor import Anchor
from ops.evidence.keys import public
from ops.evidence.ledger import HEAD, NAME, SIGNATURE, SIGNATURES, Head, Ledger
from ops.evidence.ssh_signature import sign
from ops.evidence.verification import verify
from ops.fleet.ledgers import collect, signers
from ops.fleet.ledgers.growth import FILES, Copy, Told
from ops.jobs.ledger.rotate_key import Wanted, go_on

Files = dict[str, bytes]
FINE = {Verdict.PASS, Verdict.WARN}
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
POLICY = {"version": 1, "host": "his1", "site": {"name": "Test"}}


class Site:
    """A machine with a ledger, and the control machine that notes its heads and collects it; each has its clock."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.root, self.ledger, self.inventory = root, root / "var/lib/seawall/ledger", root / "inventory"
        self.key = root / "etc/seawall/credentials/ledger.key"
        for folder in (self.inventory, self.key.parent, root / "run/seawall", self.ledger.parent):
            folder.mkdir(parents=True)
        (root / "etc/seawall/policy.json").write_text(json.dumps(POLICY))
        self.now, self.behind = clock.now() - timedelta(days=20), timedelta()
        self.noted: list[Anchor] = []
        self.saved: list[Files] = []
        self.count = 0
        patch.setenv("SEAWALL_ROOT", str(root))
        patch.setenv("SUDO_USER", "claudia")
        patch.setattr(clock, "now", lambda: self.now - self.behind)
        patch.setattr(collect, "_asked", lambda _, copies: {"his1": self.answer(copies["his1"])})
        new_key(self.key)
        self.list_key()
        for _ in range(3):
            self.act()
        self.save()
        self.note()
        self.gather()

    @contextmanager
    def control_clock(self) -> Iterator[None]:
        behind, self.behind = self.behind, timedelta()
        self.now += MINUTE
        yield
        self.behind = behind

    def list_key(self) -> None:
        """What a person does who has compared the key."""
        line = f'his1 namespaces="seawall-ledger" {public(self.key)}\n'
        for path in (self.root / "etc/seawall/allowed_signers", signers.place(self.inventory)):
            before = path.read_text() if path.exists() else ""
            path.write_text(before if line in before else before + line)

    def files(self) -> Files:
        return {path.name: path.read_bytes() for path in self.ledger.iterdir()}

    def put(self, files: Mapping[str, bytes]) -> None:
        shutil.rmtree(self.ledger)
        self.ledger.mkdir()
        for name, content in files.items():
            (self.ledger / name).write_bytes(content)

    def answer(self, copy: Copy) -> Told:
        files = self.files()
        lines, kept = files.get(NAME, b""), files.get(SIGNATURES, b"")
        begun = ((lines, len(copy.lines)), (kept, len(copy.signatures)))
        known = [hashlib.sha256(content[:length]).hexdigest() for content, length in begun]
        rests = {NAME: lines[len(copy.lines) :], SIGNATURES: kept[len(copy.signatures) :]}
        rests |= {name: files.get(name, b"") for name in FILES[2:]}
        return Told((known[0], known[1]), public(self.key), rests)

    # What an honest site does.

    def act(self, host: str = "his1") -> None:
        self.now += MINUTE
        self.count += 1
        Ledger(self.ledger, self.key).append(
            {
                "host": host,
                "actor": "unit",
                "act": "backup",
                "subject": "his",
                "result": "pass",
                "message": f"{self.count}",
            }
        )

    def save(self) -> None:
        self.saved.append(self.files())

    def note(self) -> None:
        with self.control_clock():
            head = Head.of(self.ledger)
            if head and self.judged().verdict in FINE:
                self.noted.append(Anchor(head, self.now))

    def gather(self) -> Finding:
        with self.control_clock():
            policy = SimpleNamespace(assets={"his": None}, drills={})
            read = SimpleNamespace(path=self.inventory, variables={"his1": {}}, policies=lambda: {"his1": policy})
            return collect.collect(read)["his1"]  # type: ignore[arg-type]

    def rotate(self) -> None:
        self.now += MINUTE
        go_on(Wanted("yearly"), self.ledger, self.root / "etc/seawall/allowed_signers")
        self.list_key()

    def restore(self, state: Files, *, new: bool) -> None:
        """The machine comes back as it was saved, and its person names the newest head that is known elsewhere."""
        known = [one.head for one in self.noted[-1:]] + [Head.of(self.inventory / ".ledgers/his1")]
        newest = max((head for head in known if head), key=lambda head: head.n)
        self.put(state)
        if new:
            new_key(self.key)
            self.list_key()
        back = Head.of(self.ledger)
        assert back is not None
        self.now += MINUTE
        lost = None if self.holds(newest) else newest
        go_on(Wanted("disk lost", True, lost), self.ledger, self.root / "etc/seawall/allowed_signers")

    def clock_back(self) -> None:
        self.behind = DAY
        self.act()

    def unsigned(self) -> None:
        """A power cut between a line and its head."""
        before = self.files()
        self.act()
        self.put(self.files() | {name: before[name] for name in (HEAD, SIGNATURE, SIGNATURES)})

    def torn(self) -> None:
        """A power cut within a line."""
        before = self.files()
        self.act()
        longer = (self.ledger / NAME).read_bytes()
        self.put(before | {NAME: longer[: len(before[NAME]) + 40]})

    # How it is judged.

    def holds(self, head: Head) -> bool:
        lines = (self.ledger / NAME).read_bytes().splitlines(keepends=True)
        return head.n <= len(lines) and hashlib.sha256(lines[head.n - 1]).hexdigest() == head.sha256

    def judged(self) -> Finding:
        """What the status says, which has the machine verify its ledger against the newest head that was noted."""
        anchor = self.noted[-1] if self.noted else None
        found = verify(self.ledger, signers.place(self.inventory), anchor, host="his1")
        return found[0]


def new_key(path: Path) -> None:
    path.unlink(missing_ok=True)
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], timeout=60, input="y\n")


LEGAL: dict[str, Callable[[Site], Any]] = {
    "act": lambda site: site.act(),
    "more": lambda site: [site.act() for _ in range(3)],
    "save": lambda site: site.save(),
    "note": lambda site: site.note(),
    "gather": lambda site: site.gather(),
    "rotate": lambda site: site.rotate(),
    "restore": lambda site: site.restore(site.saved[-1], new=False),
    "restore with a new key": lambda site: site.restore(site.saved[-1], new=True),
    "clock back": lambda site: site.clock_back(),
    "unsigned": lambda site: site.unsigned(),
    "torn": lambda site: site.torn(),
}


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
