"""A machine with a ledger and the control machine that watches it, as honest people and accidents treat them."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ops.core import clock
from ops.core.run import run
from ops.core.verdict import Finding, Verdict
from ops.evidence.anchor import Anchor
from ops.evidence.keys import public
from ops.evidence.ledger import HEAD, NAME, SIGNATURE, SIGNATURES, Head, Ledger
from ops.evidence.verification import verify
from ops.fleet.ledgers import collect, heads, signers
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
        told, signed = copy.size(NAME), copy.size(SIGNATURES)
        begun = ((lines, told), (kept, signed))
        known = [hashlib.sha256(content[:length]).hexdigest() for content, length in begun]
        rests = {NAME: lines[told:], SIGNATURES: kept[signed:]}
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
                self.told_to_status(head)

    def told_to_status(self, head: Head) -> None:
        """What `seawall status` notes of a machine that calls its ledger whole."""
        place = heads.place(self.inventory)
        heads.note(place, heads.read(place), {"his1": head})
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
