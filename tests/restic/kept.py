"""The backup host of a machine in a folder: it keeps that machine's primary repository, and has no key to it."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from one_machine import ALL, TIMES, Machine

from ops import cli
from ops.policy import HostLayers, compile_site
from ops.policy.compile import document


@dataclass(frozen=True)
class Keeper:
    """root: what is / to the backup host. repository: the folder of the machine's repository there."""

    root: Path
    repository: Path

    def seawall(self, *words: str) -> int:
        """Run the command as on the backup host; return its exit code."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SEAWALL_ROOT", str(self.root))
            return cli.run([*words])

    def named(self) -> set[str]:
        """Return the paths of the foreign files that the last search noted."""
        state = json.loads((self.root / "var/lib/seawall/state/arrivals.json").read_text())
        return {one["path"] for one in state["repositories"]["his1"]["foreign"]}

    def add(self, sort: str, content: bytes) -> str:
        """Add a file as rest-server lets anybody with the machine's account; return its path."""
        name = sha256(content).hexdigest()
        folder = self.repository / sort / (name[:2] if sort == "data" else "")
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
        return f"{sort}/{name[:2]}/{name}" if sort == "data" else f"{sort}/{name}"


@contextmanager
def kept(machine: Machine, folder: Path) -> Iterator[Keeper]:
    """Give a machine's primary repository to a backup host of its own."""
    root = folder / "keeper"
    for name in ("etc/seawall/credentials", "var/lib/seawall/ledger", "run/seawall", "srv/seawall"):
        (root / name).mkdir(parents=True)
    repository = root / "srv/seawall/his1"
    served = machine.stored / "his1/primary"
    shutil.move(served, repository)
    served.symlink_to(repository)
    shutil.copy(machine.root / "etc/seawall/credentials/ledger.key", root / "etc/seawall/credentials")
    asset = {**TIMES, "repository": "primary", "sources": {"all": {"kind": "files", "options": {"paths": ["/srv/x"]}}}}
    layers = {name: HostLayers(ALL) for name in ("backup1", "offsite1")}
    policies = compile_site({**layers, "his1": HostLayers(ALL, host={"assets": {"x": asset}})})
    (root / "etc/seawall/policy.json").write_text(json.dumps(document(policies["backup1"])))
    yield Keeper(root, repository)
