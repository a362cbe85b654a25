"""A hospital whose documents are also copied to a store that speaks S3, and to a removable disk that is carried about.

The store is the real radosgw, on this computer, and reached by the lab's own network; the disk is a file on a loop
device of the kernel, which a machine has while it is connected there.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import loop_disks
import systemd_units
import throwaway_store
import yaml
from hospital import Site
from throwaway_store import KEEPER, SERVER, Store

from ops.core.run import Result
from ops.fleet import inventory
from ops.interfaces.joined import locks_of
from ops.lab import disks, identity
from ops.policy import HostPolicy
from ops.policy.compile import document, read_document
from ops.policy.role_files import UNITS, File
from ops.policy.secret_files import client_files, keeper_files, repository_init
from ops.policy.secrets import STORES, Secrets

FAR, DISKS, AUTHORITY = "far", "disks", "/etc/seawall-store.pem"
PATH, MEBIBYTES = "/srv/disks", 256
STATES = "/var/lib/seawall/state"
POLICY = "/etc/seawall/policy.json"
DOCUMENTS = ["policy__host", "assets", "documents", "copies"]
WRITTEN_TO = ("his1", "backup1", "drill1")
# As the role `files` writes them; each folder is there.
WRITE = """
import json, os, pathlib, shutil, sys
for one in json.load(sys.stdin):
    path = pathlib.Path(one["path"])
    passing = path.with_name(f".{path.name}.new")
    passing.write_text(one["content"])
    shutil.chown(passing, "root", one["group"])
    passing.chmod(int(one["mode"], 8))
    passing.replace(path)
"""
# What a person writes into the policy once a disk was made, without waiting for a playbook that has nothing else to do.
KNOWN = """python3 - {serial} {identity} <<'END'
import json, pathlib, sys
file = pathlib.Path("/etc/seawall/policy.json")
policy = json.loads(file.read_text())
disk = policy["repositories"]["disks"]["options"]["disks"]["red"]
disk["serial"] = sys.argv[1]
if sys.argv[2:]:
    disk["repository"] = sys.argv[2]
file.write_text(json.dumps(policy))
END
"""
# What later tests would find of it: what is said of both, states, and what is kept beside.
FORGOTTEN = f"""[ ! -e /root/policy.json ] || mv /root/policy.json {POLICY}
rm -f {UNITS}/seawall-*-{FAR}.service && systemctl daemon-reload
cd {STATES} && rm -rf --one-file-system {PATH} {AUTHORITY} key-{FAR} key-{DISKS} ../keys/*-{DISKS}-* \\
  *-{FAR}.json *-{DISKS}.json *-{DISKS}-*.json */{FAR} */{DISKS} */*-{DISKS}-*
cd /etc/seawall/credentials && rm -f {FAR}.* *-{FAR}.*"""
DRILLED = f"{STATES}/drill-documents.json"  # what was drilled last, as other tests left it


class Accounts(Secrets):
    """What opens the store; everything else is the same word."""

    def text(self, host: str, *path: str) -> str:
        variable, *below = path
        if variable != STORES:
            return "password of the store"
        who = KEEPER if below[0] == locks_of(FAR) else SERVER
        return who if below[-1] == "account" else f"key-of-{who}"


@dataclass(frozen=True)
class Elsewhere:
    """site: the machines. store: where they copy to. file: that of the disk, whose name is its serial number."""

    site: Site
    store: Store
    file: Path

    def seawall(self, words: str, host: str = "his1") -> Result:
        """Run the command on a machine."""
        return self.site.on(host, f"seawall {words}")

    def done(self, words: str, host: str = "his1") -> str:
        """Run the command on a machine; return what it says, and demand that it did it."""
        ended = self.seawall(words, host)
        said = ended.stdout + ended.stderr
        assert ended.code == 0, said
        return said

    def state(self, name: str, host: str = "his1") -> dict[str, Any]:
        return dict(json.loads(self.site.on(host, f"cat {STATES}/{name}.json", ok=range(1)).stdout))

    @contextmanager
    def connected(self, host: str) -> Iterator[None]:
        """Connect the disk to a machine for a block."""
        with disks.connected(self.site.lab.machine(host), self.file, f"{PATH}/disk"):
            yield

    def told(self) -> None:
        """Let the policy name the store: on this side, and on the machines as the roles would write it there."""
        store = {**self.store.options(), "authority": AUTHORITY, "keeper": "backup1"}
        named = {FAR: {"kind": "s3", "place": "offsite", "options": store}}
        _changed(self.site.lab.inventory / "group_vars/all/policy.yml", ["policy__all", "repositories"], named)
        copy = {FAR: {"to": FAR, "calendar": "day 10, day 20, last day"}}
        _changed(self.site.lab.inventory / "host_vars/his1/policy.yml", DOCUMENTS, copy)
        policies = inventory.read(self.site.lab.inventory).policies()
        after = {host: read_document(json.loads(json.dumps(document(policies[host])))) for host in WRITTEN_TO}
        for host, policy in after.items():
            self._written(host, policy)
        self.site.on("his1", shlex.join(repository_init(after["his1"])), ok=range(1))

    def _written(self, host: str, policy: HostPolicy) -> None:
        """Write a machine's policy, with the units and the secrets of the store that follow from it."""
        files = [File(POLICY, json.dumps(document(policy)), group="seawall", mode="0640")]
        files.append(File(AUTHORITY, self.store.authority.read_text()))
        units = systemd_units.written(policy).items()
        files += [File(f"{UNITS}/{name}", text) for name, text in units if name.endswith(f"-{FAR}.service")]
        said = Accounts({})
        secrets = [*(client_files(policy, said) if policy.assets else ()), *keeper_files(policy, said)]
        files += [file for file in secrets if f"{FAR}." in Path(file.path).name]
        write = f"cp -p {POLICY} /root/ && python3 -c {shlex.quote(WRITE)} && systemctl daemon-reload"
        self.site.lab.machine(host).ssh(write, input=json.dumps([asdict(file) for file in files]))

    def made(self) -> None:
        """Make the disk ready on the server, and let the policy say which it is."""
        self._known()
        with self.connected("his1"):
            facts = json.loads(self.site.on("his1", "seawall disk make red --plain --json", ok=range(1)).stdout)
        self._known(facts["repository_id"])

    def _known(self, repository: str = "") -> None:
        for host in ("his1", "drill1"):
            self.site.on(host, KNOWN.format(serial=self.file.name, identity=repository), ok=range(1))


def _changed(path: Path, below: list[str], more: Mapping[str, object]) -> None:
    plain = yaml.safe_load(path.read_text("utf-8"))
    place = plain
    for name in below:
        place = place[name]
    place |= more
    path.write_text(yaml.safe_dump(plain, allow_unicode=True), "utf-8")


@contextmanager
def elsewhere(site: Site, folder: Path) -> Iterator[Elsewhere]:
    """Let the policy say so for a block; afterwards all is as it was."""
    names = ("group_vars/all/policy.yml", "host_vars/his1/policy.yml")
    before = {path: path.read_bytes() for path in (site.lab.inventory / name for name in names)}
    drilled = site.on("drill1", f"cp -p {DRILLED} /root/").code == 0
    here = str(identity.gateway(site.lab.machine("his1").network.block))
    with throwaway_store.running(folder, here) as store, loop_disks.shelf() as shelf:
        file = disks.image(shelf / f"red-{shelf.name}", MEBIBYTES)
        there = Elsewhere(site, store, file)
        try:
            there.told()
            there.made()
            yield there
        finally:
            for path, content in before.items():
                path.write_bytes(content)
            for host in WRITTEN_TO:
                site.on(host, FORGOTTEN, ok=range(1))
            site.on(
                "drill1", f"mv /root/drill-documents.json {DRILLED}" if drilled else f"rm -f {DRILLED}", ok=range(1)
            )
