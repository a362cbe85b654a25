"""A repository on another disk of the same server: the root disk is never filled, and no disk counts as another one."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import loop_disks
import pytest
from cheap_key import cheapen
from one_machine import Machine, damage

from ops.core.errors import Unavailable
from ops.jobs.host import own_policy
from ops.policy.compile import document
from ops.policy.model import Repository
from ops.policy.secret_files import client_files
from ops.policy.secrets import Secrets
from ops.targets.local import KIND, Options

pytestmark = loop_disks.needs_root


class Asked(Secrets):
    """The same word for every secret."""

    def text(self, host: str, *path: str) -> str:
        return "password of the disk"


def pointed_at(machine: Machine, disk: Path) -> None:
    """Let the machine have a repository on a disk, by its policy and by the files that the role would write."""
    policy = own_policy.read()
    told = Repository("local", "local", options=Options(str(disk)))
    asset = policy.assets["documents"]
    pictures = replace(policy.assets["pictures"], repository="second", copies={})
    copied = replace(asset, copies={"second": replace(asset.copies["offsite"], to="second")})
    assets = {"documents": copied, "pictures": pictures}
    policy = replace(policy, repositories={**policy.repositories, "second": told}, assets=assets)
    (machine.root / "etc/seawall/policy.json").write_text(json.dumps(document(policy)))
    for file in client_files(policy, Asked({})):
        if Path(file.path).name.startswith("second."):
            (machine.root / file.path.lstrip("/")).write_text(str(file.content))


@pytest.fixture
def disk(machine: Machine, tmp_path: Path) -> Iterator[Path]:
    (machine.root / "var/lib/seawall/state").mkdir(exist_ok=True)
    with loop_disks.mounted(loop_disks.image(tmp_path / "disk")) as folder:
        pointed_at(machine, folder)
        yield folder


def test_it_is_prepared_backed_up_and_copied_to_read_back_and_restored_from(
    machine: Machine, disk: Path, tmp_path: Path
) -> None:
    assert machine.seawall("repository", "prepare") == 0
    assert machine.seawall("repository", "prepare") == 0, "what is there is left as it is"
    assert machine.seawall("repository", "init") == 0
    cheapen(disk / "his1", "password of the disk")
    assert machine.seawall("copy", "documents", "--to", "second") == 0
    assert machine.seawall("backup", "pictures") == 0
    assert {machine.state(name)["verdict"] for name in ("copy-documents-second", "backup-pictures")} == {"pass"}
    assert machine.place("second").packs().keys() == {path.name for path in disk.glob("his1/data/??/*")}
    assert machine.seawall("restore", "documents", "--from", "second", "--to", tmp_path / "restored") == 0
    damage(max(disk.glob("his1/data/??/*"), key=lambda path: path.stat().st_size))
    place = machine.place("second")
    assert len([name for name in place.packs() if KIND.fault(place.repository.url, machine.root, f"data/{name}")]) == 1


def test_nothing_is_written_where_no_disk_is_mounted(machine: Machine, disk: Path) -> None:
    loop_disks.run("umount", disk)
    for words in (("repository", "prepare"), ("repository", "init"), ("copy", "documents", "--to", "second")):
        assert machine.seawall(*words) == 1
    assert "no disk is mounted" in machine.state("copy-documents-second")["message"]
    assert [*disk.iterdir()] == []
    loop_disks.run("mount", "--bind", disk, disk)  # as in the name space of a unit that may write there
    with pytest.raises(Unavailable, match="no disk is mounted"):
        machine.place("second").reach()


def test_memory_is_no_disk(machine: Machine, disk: Path) -> None:
    loop_disks.run("umount", disk)
    loop_disks.run("mount", "-t", "tmpfs", "tmpfs", disk)
    with pytest.raises(Unavailable, match="is no disk of this machine, but tmpfs"):
        machine.place("second").reach()


def test_the_disk_of_the_data_is_not_another_one(machine: Machine, disk: Path) -> None:
    data = disk / "documents"
    data.mkdir()
    (data / "letter").write_text("content")
    policy = json.loads((machine.root / "etc/seawall/policy.json").read_text())
    for name in ("documents", "pictures"):
        policy["assets"][name]["sources"]["all"]["options"]["paths"] = [str(data)]
    (machine.root / "etc/seawall/policy.json").write_text(json.dumps(policy))
    assert machine.seawall("backup", "pictures") == 1
    assert machine.seawall("copy", "documents") == 1
    for name in ("backup-pictures", "copy-documents-second"):
        assert "lies on the disk loop" in machine.state(name)["message"]
