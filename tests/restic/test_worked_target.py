"""The target that docs/add-a-kind.md shows, with the real restic: one file is enough for the jobs of a machine."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import worked_kinds
from one_machine import Machine, damage

from ops.core import kinds
from ops.core.errors import Damaged
from ops.jobs.host import own_policy
from ops.policy.compile import document
from ops.policy.model import Repository
from ops.policy.secret_files import client_files
from ops.policy.secrets import Secrets

PASSWORD = "password of the disk"


class Asked(Secrets):
    """The same word for every secret."""

    def text(self, host: str, *path: str) -> str:
        return PASSWORD


@pytest.fixture
def disk(machine: Machine, tmp_path: Path) -> Iterator[Path]:
    """A machine whose copies go to a disk, by its policy and by the files that the role would write."""
    worked_kinds.write(tmp_path / "example")
    with worked_kinds.added(tmp_path / "example"), TemporaryDirectory(dir="/dev/shm") as folder:
        # A folder of a file system in memory stands for the machine's folder on the disk.
        options = kinds.load("ops.targets", "mounted_disk").options(path="/dev/shm")
        policy = own_policy.read()
        told = Repository("mounted_disk", "removable", options=options)
        assets = {
            name: replace(asset, copies={"disk": replace(asset.copies["offsite"], to="disk")})
            for name, asset in policy.assets.items()
        }
        policy = replace(policy, repositories={**policy.repositories, "disk": told}, assets=assets)
        (machine.root / "etc/seawall/policy.json").write_text(json.dumps(document(policy)))
        for file in client_files(replace(policy, host=Path(folder).name), Asked({})):
            if Path(file.path).name.startswith("disk."):
                (machine.root / file.path.lstrip("/")).write_text(str(file.content))
        yield Path(folder)


def test_a_set_is_copied_to_it_and_a_damaged_pack_is_noticed(machine: Machine, disk: Path) -> None:
    assert machine.seawall("repository", "init") == 0
    assert machine.seawall("copy", "documents", "--to", "disk") == 0
    assert machine.state("copy-documents-disk")["verdict"] == "pass"
    assert machine.place("disk").packs().keys() == {path.name for path in disk.glob("data/??/*")}
    largest = max(disk.glob("data/??/*"), key=lambda path: path.stat().st_size)
    damage(largest)
    with pytest.raises(Damaged, match="is not what was written"):
        machine.place("disk").verify(largest.name)
