"""What a person has a drill damage lies in the restored tree, wherever the links of that tree lead."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from ops.core.names import Digest, TreePath
from ops.interfaces.manifest import read
from ops.sources._shared import file_damage as of_files
from ops.sources._shared.file_sample import Sampled
from ops.sources.machine import damage as of_machines
from ops.sources.machine.facts import MachineFacts

MANIFEST = Path(__file__).parents[1] / "interfaces/manifests/his1_server.json"
CLUSTER = "/var/lib/postgresql/15/main"
# Each is a file of the drill host, and above it the folder that the restored tree has as a link.
FILES = {
    "srv/documents/report": "srv/documents",
    "etc/systemd/system/multi-user.target.wants/cron.service": "etc/systemd",
    f"{CLUSTER[1:]}/base/1/2": f"{CLUSTER[1:]}/base",
    f"{CLUSTER[1:]}/global/pg_control": f"{CLUSTER[1:]}/global",
    f"{CLUSTER[1:]}/pg_wal/00000001": f"{CLUSTER[1:]}/pg_wal",
    "usr/lib/grub/i386-pc/ext2.mod": "usr/lib/grub",
    "boot/vmlinuz-6.1": "boot",
    "boot/initrd.img-6.1": "boot",
}
SAMPLE = {TreePath("/srv/documents/report"): Sampled(1, 1, Digest("0" * 64))}


def all_of(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    facts = ((path, path.stat()) for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.read_bytes(), seen.st_mode, seen.st_uid) for path, seen in facts}


@pytest.fixture
def trees(tmp_path: Path) -> tuple[Path, Path]:
    """A restored tree, and the drill host that its links lead to."""
    root, host = tmp_path / "root", tmp_path / "host"
    for name, folder in FILES.items():
        (host / name).parent.mkdir(parents=True, exist_ok=True)
        (host / name).write_text("of the drill host")
        (root / folder).parent.mkdir(parents=True, exist_ok=True)
        if not (root / folder).is_symlink():
            (root / folder).symlink_to(host / folder)
    return root, host


@pytest.fixture
def facts() -> MachineFacts:
    told = read(MANIFEST.read_bytes(), MANIFEST.name).parts["tree"].facts
    assert isinstance(told, MachineFacts)
    (cluster,) = told.clusters.values()
    clusters = {"5432": replace(cluster, data=TreePath(CLUSTER))}
    return replace(told, sample=SAMPLE, enabled_units=("cron.service",), clusters=clusters)


@pytest.mark.parametrize("name", sorted(of_machines.DAMAGES))
def test_damage_to_a_machine_stays_inside(trees: tuple[Path, Path], facts: MachineFacts, name: str) -> None:
    root, host = trees
    before = all_of(host)
    of_machines.DAMAGES[name].act(root, facts, Random(1))
    assert all_of(host) == before


@pytest.mark.parametrize("name", sorted(of_files.DAMAGES))
def test_damage_to_files_stays_inside(trees: tuple[Path, Path], facts: MachineFacts, name: str) -> None:
    root, host = trees
    before = all_of(host)
    of_files.DAMAGES[name].act(root, facts, Random(1))
    assert all_of(host) == before
