"""Feeds what comes from elsewhere with garbage: real documents changed by chance, and hostile ones made by hand.

python -m tests.fed answers 2500     tries so many answers; also: ledgers, manifests, states

It ends with 1 and the traceback where one is not taken as it should be. The process may use little memory more than it
has when it begins; it prints how much it used.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import resource
import shutil
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from bounded import memory
from garbage import EVIL, HOSTILE, MEBIBYTE, bytes_changed, changed
from properties import examples

from ops.core import clock
from ops.core.errors import Damaged
from ops.core.verdict import Finding, Verdict
from ops.evidence import completeness, query
from ops.evidence.anchor import Anchor
from ops.evidence.ledger import HEAD, NAME, SIGNATURE, SIGNATURES, Head
from ops.evidence.verification import verify
from ops.fleet.control_machine import host_facts
from ops.fleet.facts.status import BETWEEN, Status
from ops.fleet.facts.unit import LastOutcome, understood
from ops.fleet.ledgers import collect, growth
from ops.fleet.ssh.ask import Answer
from ops.fleet.status.answer import anchored
from ops.fleet.status.join import join
from ops.interfaces import manifest, record
from ops.interfaces.manifest import Manifest
from ops.interfaces.outcome import DrillFacts
from ops.jobs.health.job import look
from ops.jobs.host import state_files
from ops.jobs.status import collect as collect_status
from ops.policy import read_document
from ops.reports.check_table import table
from ops.reports.status import html as status_html
from ops.reports.status import text as status_text

MOST_MORE = 100 * MEBIBYTE  # than the process has when all is loaded
UNIT = Path(__file__).parent / "unit"
KEPT = UNIT / "interfaces/version_0_1"
MACHINES = ("his1", "drill1")


def demand_plain(text: str) -> None:
    """Raise for what could move a cursor or begin a line that nobody wrote."""
    for line in text.split("\n"):
        strange = [letter for letter in line if not letter.isprintable() and letter not in "\u00a0\u202f"]
        assert not strange, line
        assert not line.startswith("fail     MACHINE"), line


def policies() -> dict[str, Any]:
    return {host: read_document(json.loads((KEPT / host / "policy.json").read_bytes())) for host in MACHINES}


def answers() -> Callable[[Random], None]:
    """What machines say of themselves, in the status and elsewhere."""
    wanted = policies()
    said = {host: (KEPT / host / "status.json").read_bytes() for host in MACHINES}
    whole = {host: anchored(Answer(Status().process([one.decode()])), None) for host, one in said.items()}
    head = Head(3, "a" * 64)

    def feed(chance: Random) -> None:
        host = chance.choice(MACHINES)
        text = changed(said[host], chance).decode("utf-8", "replace")
        verification = changed(VERIFICATION, chance).decode("utf-8", "replace")
        found = dict(whole)
        found[host] = anchored(Answer(Status().process([*text.split("\n"), BETWEEN, *verification.split("\n")])), head)
        if found[host].told is not None or chance.random() < 0.1:
            status = join(wanted, found)
            demand_plain(status_text.render(status))
            if chance.random() < 0.1:
                demand_plain(status_html.render(status))
                json.dumps(status.written())
        LastOutcome().process(text.split("\n"))
        understood(text)
        demand_plain_facts(changed_lines(FACTS, chance))

    assert host_facts.understood(FACTS)[0]
    return feed


VERIFICATION = b'{"version": 1, "verdict": "pass", "findings": [{"verdict": "pass", "message": "record 3 is the one"}]}'
FACTS = (
    "release bookworm\ncpus 4\nmemory_kib 8000000\ndisk / 100000\ndisk /srv 2000\npackage nut\npackage restic\n"
    "local vendor-his\nsource http://mirror.example/debian bookworm main\n"
    "signer ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==\n"
)


def changed_lines(text: str, chance: Random) -> str:
    lines = text.split("\n")
    for _ in range(chance.randrange(4)):
        place = chance.randrange(len(lines))
        line = lines[place]
        lines[place] = chance.choice((f"{line} {EVIL}", "", line * 3, line[:7], f"cpus {'9' * 30}"))
    return "\n".join(lines)


def demand_plain_facts(text: str) -> None:
    found, _ = host_facts.understood(text)
    if found:
        for value in (found.release, *found.packages, *found.brought, *found.sources, *found.disks):
            assert value.isprintable(), value


def ledgers() -> Callable[[Random], None]:
    """Lines, heads and signatures, verified, read, counted and collected."""
    kept = {host: {path.name: path.read_bytes() for path in (KEPT / host / "ledger").iterdir()} for host in MACHINES}
    folder = Path(tempfile.mkdtemp(prefix="fed-", dir=_memory()))

    def feed(chance: Random) -> None:
        files = dict(kept[chance.choice(MACHINES)])
        lines = files[NAME].splitlines(keepends=True)[: chance.choice((1, 3, 8))]
        for _ in range(chance.choice((1, 1, 3))):
            place = chance.randrange(len(lines))
            lines[place] = changed(lines[place].rstrip() or b"{}", chance) + chance.choice((b"\n", b"\n", b"\n", b""))
        files[NAME] = b"".join(lines)
        if chance.random() < 0.3:
            name = chance.choice((HEAD, SIGNATURE, SIGNATURES))
            files[name] = bytes_changed(files[name][:3_000], chance)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        anchor = Anchor(Head(chance.randrange(1, 40), "a" * 64), clock.now())
        for found in verify(folder, folder / "none", anchor, host="his1"):
            assert isinstance(found, Finding)
        completeness.records(folder)
        query.past(folder, "drill", "his", DrillFacts)
        for line in lines:
            try:
                record.read(line, "a line").outcome()
            except Damaged as error:
                demand_plain(str(error))
        if chance.random() < 0.05:
            demand_collected(files, chance, folder.parent / f"{folder.name}-his1")

    return feed


def demand_collected(files: dict[str, bytes], chance: Random, folder: Path) -> None:
    """Send a ledger as a machine does, and take it over as the control machine does."""
    words = ["a" * 64, "a" * 64, "ssh-ed25519 AAAA"]
    for name in growth.FILES:
        packed = gzip.compress(files.get(name, b""), 1)
        if chance.random() < 0.2:
            packed = chance.choice((packed[:-9], packed + b"x", bytes_changed(packed, chance), BOMB, b""))
        words += [base64.b64encode(packed).decode(), chance.choice(("--", "--", "--", "-", EVIL))]
    told = collect.understood(words)
    if isinstance(told, Finding):
        assert told.verdict is Verdict.UNKNOWN
        return
    found = growth.settled(folder, growth.Copy(), told, folder / "none")
    demand_plain(found.message)
    assert found.verdict in {Verdict.FAIL, Verdict.UNKNOWN}
    assert "can't be judged" not in found.message
    shutil.rmtree(folder, ignore_errors=True)


def _bomb() -> bytes:
    """A small file that is large when it is unpacked; made in pieces, for it must not be large here."""
    packer = zlib.compressobj(9, wbits=31)
    pieces = [packer.compress(bytes(MEBIBYTE)) for _ in range(300)]
    return b"".join([*pieces, packer.flush()])


BOMB = _bomb()


def manifests() -> Callable[[Random], None]:
    """Manifests of sets."""
    kept = [path.read_bytes() for path in (UNIT / "interfaces/manifests").glob("*.json")]

    def feed(chance: Random) -> None:
        try:
            found = manifest.read(changed(chance.choice(kept), chance), "manifest.json")
        except Damaged as error:
            demand_plain(str(error))
        else:
            assert isinstance(found, Manifest)

    return feed


FEW_STATES = ("health.json", "gaps.json", "backup-his.json", "copy-his-offsite.json", "drill-his.json")


def states() -> Callable[[Random], None]:
    """State files of a machine, which judges itself by them."""
    wanted = policies()
    roots = {host: Path(tempfile.mkdtemp(prefix="fed-", dir=_memory())) for host in MACHINES}
    for host, root in roots.items():
        (root / "var/lib/seawall/state").mkdir(parents=True)
        for name in FEW_STATES:
            if (KEPT / host / "state" / name).exists():
                shutil.copy(KEPT / host / "state" / name, root / "var/lib/seawall/state")
        (root / "etc/seawall").mkdir(parents=True)
        shutil.copy(KEPT / host / "policy.json", root / "etc/seawall")

    def feed(chance: Random) -> None:
        host = chance.choice(MACHINES)
        os.environ["SEAWALL_ROOT"] = str(roots[host])
        place = chance.choice(sorted((roots[host] / "var/lib/seawall/state").glob("*.json")))
        before = place.read_bytes()
        place.write_bytes(changed(before, chance))
        try:
            found = state_files.read_all()
            assert place.stem in found
            if chance.random() < 0.1:
                names = [name for name, check in wanted[host].checks.items() if check.kind.endswith("_age")]
                demand_plain(table(look(wanted[host], found, clock.now(), names)))
                demand_plain(table(collect_status(wanted[host], found, clock.now()).checks))
                json.dumps(collect_status(wanted[host], found, clock.now()).written())
        finally:
            place.write_bytes(before)

    return feed


def _memory() -> str | None:
    """Return a folder that is quick, where there is one."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


KINDS: dict[str, Callable[[], Callable[[Random], None]]] = {
    "answers": answers,
    "ledgers": ledgers,
    "manifests": manifests,
    "states": states,
}


def many(kind: str, count: int) -> int:
    """Feed so many; return how many bytes more were in use at most than when all was loaded."""
    feed = KINDS[kind]()
    feed(Random(0))
    begun = memory("VmHWM")
    most = memory("VmData") + MOST_MORE
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))

    @examples(count)
    @given(st.integers(0, (1 << 48) - 1))
    def is_taken(number: int) -> None:
        feed(Random(number))

    is_taken()
    for document in HOSTILE * 2:
        feed(_Always(document))
    return memory("VmHWM") - begun


class _Always(Random):
    """Chance that always gives one document."""

    def __init__(self, document: bytes) -> None:
        super().__init__(4711)
        self.document = document

    def choice(self, sequence: Any) -> Any:
        return self.document if sequence is HOSTILE else super().choice(sequence)

    def random(self) -> float:
        return 0.0


if __name__ == "__main__":
    more = many(sys.argv[1], int(sys.argv[2]))
    used = f"{more / MEBIBYTE:.0f} MiB more at most; {memory('VmHWM') / MEBIBYTE:.0f} MiB in all"
    print(f"{sys.argv[2]} {sys.argv[1]}: {used}")
    sys.exit(more > MOST_MORE)
