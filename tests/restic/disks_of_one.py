"""A machine with removable disks that take turns: files on loop devices, whose names stand for serial numbers."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import loop_disks
from cheap_key import cheapen
from one_machine import Machine, copied, served

from ops.core.calendar import Calendar
from ops.core.schema import decode
from ops.jobs.host import own_policy
from ops.policy.compile import document
from ops.policy.model import Repository
from ops.policy.secret_files import client_files
from ops.policy.secrets import Secrets
from ops.targets.removable import Options

PASSWORD = "password of the disks"
REPOSITORY = "disks"
HANDS = ("--hands", "Head of IT")


class Asked(Secrets):
    """The same word for every secret."""

    def text(self, host: str, *path: str) -> str:
        return PASSWORD


@dataclass
class Disks:
    """shelf: where the files are. path: where whichever is here is mounted, with what is noted of it.

    of: how the names of the files end.
    """

    machine: Machine
    shelf: Path
    path: Path
    of: str
    made: dict[str, dict[str, str]] = field(default_factory=dict)

    def seawall(self, *words: str | Path) -> int:
        return self.machine.seawall("disk", *words)

    @property
    def mounted(self) -> Path:
        return self.path / "disk"

    def state(self, label: str) -> dict:
        return self.machine.state(f"disk-{REPOSITORY}-{label}")

    def serial(self, label: str) -> str:
        return f"{label}-{self.of}"

    def file(self, label: str) -> Path:
        return self.shelf / self.serial(label)

    def told(self, disks: Mapping[str, Mapping[str, str]]) -> None:
        """Write the policy, and the files with secrets that the role would write."""
        plain = {"path": str(self.path), "calendar": "day 10, day 20, last day", "disks": disks}
        options = decode(Options, plain, "options")
        policy = own_policy.read()
        named = Repository("removable", "removable", options=options)
        copy = next(iter(policy.assets["documents"].copies.values()))
        copies = {"away": replace(copy, to=REPOSITORY, calendar=Calendar.parse("between day 1 and day 10"))}
        assets = {"documents": replace(policy.assets["documents"], copies=copies)}
        policy = replace(policy, repositories={**policy.repositories, REPOSITORY: named}, assets=assets)
        (self.machine.root / "etc/seawall/policy.json").write_text(json.dumps(document(policy)))
        for file in client_files(policy, Asked({})):
            if Path(file.path).name.startswith(f"{REPOSITORY}."):
                (self.machine.root / file.path.lstrip("/")).write_text(str(file.content))

    def make(self, *labels: str) -> None:
        """Make disks ready by the command, and write into the policy what it says."""
        self.made |= {label: {"serial": self.serial(label)} for label in labels}
        self.told(self.made)
        for label in labels:
            with loop_disks.attached(loop_disks.image(self.file(label), formatted=False)):
                assert self.seawall("make", label, "--plain") == 0
                self.made[label]["repository"] = self._cheapened(label)
        self.told(self.made)

    def _cheapened(self, label: str) -> str:
        with loop_disks.mounted(self.file(label)) as disk:
            cheapen(disk / "his1", PASSWORD)
        ledger = (self.machine.root / "var/lib/seawall/ledger/ledger.jsonl").read_text().splitlines()
        (record,) = [one for line in ledger if (one := json.loads(line))["subject"] == f"{REPOSITORY}/{label}"]
        return str(record["facts"]["repository_id"])

    def turn(self, label: str) -> None:
        """Let a disk come, and leave good."""
        with loop_disks.attached(self.file(label)):
            assert self.seawall("arrive") == 0
            assert self.seawall("update") == 0
            assert self.seawall("leave", *HANDS) == 0


@contextmanager
def made(template: Path, folder: Path, *labels: str) -> Iterator[Disks]:
    """Make a machine like another one, with disks that are ready and empty; yield it, to make others of."""
    machine = copied(template, folder)
    (folder / "files").symlink_to(template / "files")
    (machine.root / "var/lib/seawall/state").mkdir(exist_ok=True)
    with loop_disks.mount_point() as path, loop_disks.shelf() as shelf:
        disks = Disks(machine, shelf, path, path.name)
        with served(machine):
            disks.make(*labels)
        yield disks


@contextmanager
def with_disks(template: Disks, folder: Path) -> Iterator[Disks]:
    """Make a machine of a test's own, with disks of its own; nothing of them is left."""
    machine = copied(template.machine.root.parent, folder)
    with loop_disks.shelf() as shelf, served(machine):
        disks = Disks(machine, shelf, template.path, template.of, dict(template.made))
        for label in template.made:
            loop_disks.copied(template.file(label), shelf)
        try:
            yield disks
        finally:
            loop_disks.unmounted(disks.mounted)
            for file in disks.path.iterdir():
                if file.is_file():
                    file.unlink()
