"""How long a large ledger takes to verify: some thirty years of a machine with ten acts a day."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ops.core.run import run
from ops.core.schema import Plain
from ops.evidence import ledger as written
from ops.evidence.keys import fingerprint, public
from ops.evidence.ledger import HEAD, NAME, SIGNATURE, Head, WrittenLine
from ops.evidence.ssh_signature import sign
from tests.benchmarks.timing import medians, table

LINES = 100_000
DIGESTS, VERIFY = "sha256sum of the file", f"seawall ledger verify, {LINES:,} records"


def measure() -> Iterator[str]:
    """Yield the table."""
    folder = Path(tempfile.mkdtemp(prefix="seawall-ledger-"))
    try:
        signers = prepare(folder)
        program = Path(sys.executable).with_name("seawall")
        verify: list[str | Path] = [program, "ledger", "verify", "--directory", folder, "--signers", signers]
        seconds = medians(
            {
                DIGESTS: partial(run, ["sha256sum", folder / NAME], timeout=60),
                VERIFY: partial(run, ["taskset", "-c", "0", *verify], timeout=600),
            },
            rounds=3,
        )
    finally:
        shutil.rmtree(folder)
    yield table("ledger, on one core", seconds, DIGESTS, "under 20 s")


def prepare(folder: Path) -> Path:
    """Write a ledger as acts would have written it, signed once at its end; return its list of signers."""
    key = folder / "key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], timeout=60)
    mark, end = fingerprint(public(key)), WrittenLine(0, b"", written.NOTHING)
    with (folder / NAME).open("wb") as file:
        for number in range(LINES):
            end = written._compose(end, _body(number), mark)
            file.write(end.line)
    head = str(Head(end.n, end.sha256))
    (folder / HEAD).write_text(head)
    (folder / SIGNATURE).write_text(sign(head, key))
    (folder / "signers").write_text(f'his1 namespaces="seawall-ledger" {public(key)}\n')
    return folder / "signers"


def _body(number: int) -> dict[str, Plain]:
    parts: dict[str, Plain] = {
        "database": {"files": 1, "bytes": 1_000_000 + number},
        "documents": {"files": number, "bytes": number},
    }
    return {
        "host": "his1",
        "actor": "unit:seawall-backup-his",
        "act": "backup",
        "subject": "his",
        "result": "pass",
        "message": f"{number:,} rows, 3 GiB in 1min 1s, 12 MiB new; read back as set 1f2e3d4c",
        "facts": {"bytes": number, "seconds": 61.2, "manifest_sha256": "ab" * 32, "parts": parts},
    }
