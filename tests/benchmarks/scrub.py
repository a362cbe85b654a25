"""How fast a backup host reads its repositories again, against `sha256sum` of the same files on the same disk."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path

from ops.core.run import run
from ops.core.schema import Plain
from ops.policy import HostLayers, compile_site
from ops.policy.compile import document
from tests.benchmarks.timing import medians, table

PACKS, PACK_BYTES = 256, 16 << 20
DIGESTS, SCRUB = "sha256sum of the packs", f"seawall repository scrub, {PACKS} packs of 16 MiB"
ALL: dict[str, Plain] = {
    "version": 1,
    "site": {"name": "Test hospital"},
    "contacts": {"it": {"name": "Head of IT"}},
    "repositories": {"primary": {"kind": "rest_server", "place": "primary", "host": "backup1"}},
}
ASSET: dict[str, Plain] = {
    "owner": "it",
    "schedule": "*-*-* 01:30:00",
    "rpo": "26h",
    "rto": "1h",
    "retention": {"all": "14d"},
    "repository": "primary",
    "sources": {"all": {"kind": "files", "options": {"paths": ["/srv/x"]}}},
}


def measure() -> Iterator[str]:
    """Yield the table."""
    root = Path(tempfile.mkdtemp(prefix="seawall-scrub-", dir="/var/tmp"))
    try:
        data = prepare(root)
        seconds = medians({DIGESTS: partial(digests, data), SCRUB: partial(scrubbed, root)}, rounds=3)
    finally:
        shutil.rmtree(root)
    yield table("reading a repository again", seconds, DIGESTS, "at most 1.25")


def prepare(root: Path) -> Path:
    """Make a backup host in a folder with one repository; return the folder of its packs."""
    for name in ("etc/seawall", "var/lib/seawall/state", "run/seawall"):
        (root / name).mkdir(parents=True)
    layers = {"backup1": HostLayers(ALL), "his1": HostLayers(ALL, host={"assets": {"x": ASSET}})}
    fast: Plain = {"kind": "scrub", "options": {"rate": "100GiB"}}
    layers["backup1"] = HostLayers(ALL, host={"checks": {"scrub": fast}})
    policy = document(compile_site(layers)["backup1"])
    (root / "etc/seawall/policy.json").write_text(json.dumps(policy))
    data = root / "srv/seawall/his1/data"
    for _ in range(PACKS):
        content = os.urandom(PACK_BYTES)
        name = sha256(content).hexdigest()
        (data / name[:2]).mkdir(parents=True, exist_ok=True)
        (data / name[:2] / name).write_bytes(content)
    return data


def digests(data: Path) -> None:
    """Read all packs with the standard program."""
    run(["sh", "-c", f"find {data} -type f -print0 | xargs -0 sha256sum >/dev/null"], timeout=600)


def scrubbed(root: Path) -> None:
    """Read all packs as if for the first time."""
    (root / "var/lib/seawall/state/scrub.sqlite").unlink(missing_ok=True)
    program = Path(sys.executable).with_name("seawall")
    run([program, "repository", "scrub"], timeout=600, env={"SEAWALL_ROOT": str(root)})
