"""Collects one large ledger in a process that may use little memory more than it has when it begins.

python -m tests.unit.fleet.large_ledgers KIND     prints the verdict, what was found, and how much more was in use
"""

import hashlib
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from ops.core import clock
from ops.core.document import parse
from ops.evidence.keys import fingerprint, public
from ops.evidence.ledger import HEAD, NAME, NOTHING, SIGNATURE, SIGNATURES
from ops.evidence.ssh_signature import sign
from ops.fleet.ledgers import growth
from ops.fleet.ledgers.growth import Copy, Told
from ops.interfaces.record import LIMITS
from tests.bounded import memory

MEBIBYTE = 1 << 20
MOST_MORE = 100 * MEBIBYTE
Bodies = Iterator[dict[str, object]]
WHEN = "2026-11-26T00:00:00Z"
FACTS = {"repository": "primary", "figures": {f"figure_{number}": number for number in range(20)}}


def chained(bodies: Bodies, mark: str) -> Iterator[tuple[bytes, str]]:
    """Yield lines that follow each other, each with its digest."""
    previous = NOTHING
    for number, body in enumerate(bodies, 1):
        whole = {"version": 1, "n": number, "when": WHEN, "host": "his1", "act": "backup", "result": "pass", **body}
        line = json.dumps({"key": mark, "previous": previous} | whole).encode() + b"\n"
        previous = hashlib.sha256(line).hexdigest()
        yield line, previous


def honest(count: int) -> Bodies:
    return ({"facts": FACTS} for _ in range(count))


def with_largest(count: int) -> Bodies:
    """One record in the end is as large as one may be."""
    yield from honest(count - 1)
    yield {"facts": {"names": [str(number) for number in range(390_000)], "text": ["x" * 900_000] * 8}}


def strangers(count: int) -> Bodies:
    return ({"host": f"h{n:0199}", "key": f"k{n:0199}", "previous": f"{n:0199}"} for n in range(count))


def same(count: int) -> Bodies:
    return ({"n": 1} for _ in range(count))


def tales(count: int) -> Bodies:
    return ({"act": "ledger", "result": "fail", "message": f"{n:0900}"} for n in range(count))


def successions(count: int) -> Bodies:
    public_key = "ssh-ed25519 " + "A" * 1_500
    for n in range(1, count):
        lost = {"n": n + 10, "sha256": "0" * 64}
        more = {"reason": "x" * 900, "old_public": public_key + str(n), "restored": True, "lost": lost}
        yield {"act": "succession", "facts": more}


def new(home: Path, key: Path, bodies: Bodies) -> tuple[Copy, Told]:
    """Return a ledger as a machine tells it for the first time, its last piece with the head."""
    folder = home / "his1"
    growth.begin(folder, Copy())
    mark, number, last = fingerprint(public(key)), 0, NOTHING
    with (folder.with_name("his1.new") / NAME).open("wb") as file:
        for line, sha256 in chained(bodies, mark):
            file.write(line)
            last, number = sha256, number + 1
    head = f"{number} {last}\n"
    signature = sign(head, key)
    kept = json.dumps({"n": number, "sha256": last, "key": mark, "signature": signature}) + "\n"
    rests = {SIGNATURES: kept.encode(), HEAD: head.encode(), SIGNATURE: signature.encode()}
    return Copy(), Told(("", ""), public(key), rests, begun=True)


def grown(home: Path, key: Path, bodies: Bodies) -> tuple[Copy, Told]:
    """Return a ledger of which all but the last record and its signature were collected before."""
    folder = home / "his1"
    folder.mkdir()
    mark, last, signed = fingerprint(public(key)), (b"", ""), b""
    number = 0
    with (folder / NAME).open("wb") as lines, (folder / SIGNATURES).open("wb") as signatures:
        for one in chained(bodies, mark):
            lines.write(last[0])
            signatures.write(signed)
            last, number = one, number + 1
            told = {"n": number, "sha256": one[1], "key": mark, "signature": "A" * 300}
            signed = json.dumps(told).encode() + b"\n"
            if number % 30_000 == 1:
                (folder / HEAD).write_text(f"{number} {one[1]}\n")
    head = f"{number} {last[1]}\n"
    signature = sign(head, key)
    kept = json.dumps({"n": number, "sha256": last[1], "key": mark, "signature": signature}) + "\n"
    rests = {NAME: last[0], SIGNATURES: kept.encode(), HEAD: head.encode(), SIGNATURE: signature.encode()}
    return Copy(folder), Told(("", ""), public(key), rests)


def rubbish(home: Path, key: Path, line: bytes, count: int) -> tuple[Copy, Told]:
    """Return lines that are no records, more than one answer would hold."""
    return Copy(), Told(("", ""), public(key), {NAME: line * count, HEAD: b"1 " + b"0" * 64 + b"\n"})


MOST = growth.MOST_RECORDS


def rubbish_signatures(home: Path, key: Path) -> tuple[Copy, Told]:
    """Return as many lines in the place of signatures as may be there, each by a key of its own."""
    copy, told = new(home, key, honest(3))
    with (home / "his1.new" / SIGNATURES).open("wb") as file:
        for n in range(2 * MOST - 1):
            one = {"n": n + 1, "sha256": "0" * 64, "key": f"{n:0190}", "signature": "A" * 900}
            file.write(json.dumps(one).encode() + b"\n")
    return copy, told


KINDS: dict[str, Callable[[Path, Path], tuple[Copy, Told]]] = {
    "largest": lambda home, key: grown(home, key, honest(MOST)),
    "largest-record": lambda home, key: grown(home, key, with_largest(MOST)),
    "too-many": lambda home, key: new(home, key, honest(MOST + 1)),
    "strangers": lambda home, key: new(home, key, strangers(MOST)),
    "same": lambda home, key: new(home, key, same(MOST)),
    "tales": lambda home, key: new(home, key, tales(MOST)),
    "successions": lambda home, key: new(home, key, successions(20_000)),
    "no-records": lambda home, key: rubbish(home, key, b"{}\n", MOST),
    "million": lambda home, key: rubbish(home, key, b"{}\n", 1_000_000),
    "signatures": rubbish_signatures,
}


def main(kind: str) -> None:
    home = Path(tempfile.mkdtemp(prefix="large-", dir=sys.argv[2]))
    key = home / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    listed = home / "signers"
    listed.write_text(f'his1 namespaces="seawall-ledger" {public(key)}\n')
    copy, told = KINDS[kind](home, key)
    clock.now()
    parse(b"{}", LIMITS, "x")
    Path("/proc/self/clear_refs").write_text("5")  # what was in use at most begins anew
    begun = memory("VmRSS")
    most = memory("VmData") + MOST_MORE
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    found = growth.settled(home / "his1", copy, told, listed)
    more = memory("VmHWM") - begun
    print(json.dumps({"verdict": found.verdict.value, "message": found.message, "mebibytes": more // MEBIBYTE}))


if __name__ == "__main__":
    main(sys.argv[1])
