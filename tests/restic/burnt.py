"""A machine that copies an asset to discs, and loop devices, which show of an image what a drive shows of a disc."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import loop_disks
from cheap_key import cheapen
from one_machine import PASSWORD, Machine, copied

from ops.core import kinds, schema
from ops.interfaces.disc import Catalogue
from ops.jobs.disc import catalogue
from ops.jobs.host import own_policy
from ops.policy.compile import document
from ops.policy.model import Copy, Repository

CAPACITY = "64MiB"


@dataclass(frozen=True)
class Burner:
    """machine: whose copies go to discs. folder: where images are made. source: a file that is backed up."""

    machine: Machine
    folder: Path
    source: Path

    def seawall(self, *words: str | Path) -> int:
        """Run `seawall disc` for its repository."""
        return self.machine.seawall("disc", words[0], "discs", *words[1:])

    def collect(self) -> None:
        """Copy the newest set to where it waits for discs."""
        assert self.machine.seawall("copy", "documents", "--to", "discs") == 0

    def made(self, *words: str) -> list[Path]:
        """Make images; return those that were not there before."""
        before = {*self.folder.glob("*.iso")}
        assert self.seawall("make", "--to", self.folder, *words) == 0
        return sorted({*self.folder.glob("*.iso")} - before)

    @property
    def image(self) -> Path:
        """The image that was made first."""
        return min(self.folder.glob("*.iso"))

    def known(self) -> Catalogue:
        """Return the catalogue."""
        return catalogue.known("discs")

    def state(self) -> dict[str, Any]:
        """Return the state of the copy."""
        return self.machine.state("copy-documents-discs")


def burner(machine: Machine, folder: Path) -> Burner:
    """Give a machine a copy to discs, as the policy and the role would; its repository is made."""
    options = kinds.load("ops.targets", "disc").options
    place = folder / "collected"
    place.mkdir()
    told = schema.decode(options, {"path": str(place), "capacity": CAPACITY}, "options")
    policy = own_policy.read()
    calendar = policy.assets["documents"].copies["offsite"].calendar
    asset = replace(policy.assets["documents"], copies={"discs": Copy(to="discs", calendar=calendar)})
    policy = replace(
        policy,
        repositories={**policy.repositories, "discs": Repository("disc", "removable", options=told)},
        assets={**policy.assets, "documents": asset},
    )
    (machine.root / "etc/seawall/policy.json").write_text(json.dumps(document(policy)))
    (machine.root / "etc/seawall/credentials/discs.url").write_text(f"{place}/his1\n")
    (machine.root / "etc/seawall/credentials/discs.password").write_text(f"{PASSWORD}\n")
    assert machine.seawall("repository", "init") == 0
    cheapen(place / "his1", PASSWORD)
    assert machine.seawall("repository", "init") == 0  # it notes the key
    return Burner(machine, folder / "images", machine.files / "documents")


def another(template: Path, files: Path, folder: Path) -> Burner:
    """Return one like a template's, with folders of its own; the files stay where they were backed up from."""
    machine = replace(copied(template, folder), files=files)
    for name in ("collected", "images"):
        shutil.copytree(template / name, folder / name)
    (machine.root / "etc/seawall/credentials/discs.url").write_text(f"{folder}/collected/his1\n")
    return Burner(machine, folder / "images", machine.files / "documents")


@contextmanager
def drive(image: Path) -> Iterator[Path]:
    """Yield a device that shows what is in an image, as a drive shows a disc."""
    with loop_disks.attached(image, read_only=True) as device:
        yield device


def commands(page: str) -> list[str]:
    """Return the blocks of commands of a page, each as it would be typed."""
    blocks = re.findall(r"(?:^ {7}\S.*\n)+", page, re.MULTILINE)
    return ["".join(f"{line.strip()}\n" for line in block.splitlines()) for block in blocks]


def hurt(image: Path, start: int, count: int) -> None:
    """Overwrite so many sectors of an image."""
    with image.open("r+b") as file:
        file.seek(start * 2048)
        file.write(os.urandom(count * 2048))


def sha256(path: Path) -> str:
    """Return the digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
