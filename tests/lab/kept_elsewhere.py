"""A hospital whose documents are also copied to a store that speaks S3, and to a removable disk that is carried about.

The store is the real radosgw, on this computer, and reached by the lab's own network; the disk is a file on a loop
device of the kernel, which a machine has while it is connected there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import loop_disks
import throwaway_store
import yaml
from hospital import Site, with_secrets
from throwaway_store import KEEPER, SERVER, Store

from ops.core.run import Result
from ops.lab import identity

FAR, DISKS, AUTHORITY = "far", "disks", "/etc/seawall-store.pem"
PATH, MEBIBYTES = "/srv/disks", 256
MACHINES = ("--limit", "his1,backup1,drill1", "--tags", "agent,backup_client,drill_host,monitoring")
STATES = "/var/lib/seawall/state"
# What a person writes into the policy once a disk was made, without waiting for a playbook that has nothing else to do.
KNOWN = """python3 - {identity} <<'END'
import json, pathlib, sys
file = pathlib.Path("/etc/seawall/policy.json")
policy = json.loads(file.read_text())
policy["repositories"]["disks"]["options"]["disks"]["red"]["repository"] = sys.argv[1]
file.write_text(json.dumps(policy))
END
"""
# What later tests would find of it: states, what is kept beside, and accounts, which no playbook takes away.
FORGOTTEN = f"""cd {STATES} && rm -rf --one-file-system {PATH} {AUTHORITY} key-{FAR} key-{DISKS} ../keys/*-{DISKS}-* \\
  *-{FAR}.json *-{DISKS}.json *-{DISKS}-*.json */{FAR} */{DISKS} */*-{DISKS}-*
cd /etc/seawall/credentials && rm -f {FAR}.* {DISKS}.* *-{FAR}.* *-{DISKS}.*"""
DRILLED = f"{STATES}/drill-documents.json"  # what was drilled last, as other tests left it


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
        with loop_disks.attached(self.file) as device:
            number = device.name.removeprefix("loop")
            self.site.on(host, f"[ -b {device} ] || mknod -m 600 {device} b 7 {number}", ok=range(1))
            try:
                yield
            finally:
                self.site.on(host, f"umount {PATH}/disk 2>/dev/null")

    def told(self) -> None:
        """Write the policy, and who has which account at the store."""
        inventory = self.site.lab.inventory
        disks = {"path": PATH, "calendar": "day 10, day 20, last day", "disks": {"red": {"serial": self.file.name}}}
        store = {**self.store.options(), "authority": AUTHORITY, "keeper": "backup1"}
        everywhere = {
            FAR: {"kind": "s3", "place": "offsite", "options": store},
            DISKS: {"kind": "removable", "place": "removable", "options": disks},
        }
        _changed(inventory / "group_vars/all/policy.yml", "policy__all", "repositories", everywhere)
        assets = inventory / "host_vars/his1/policy.yml"
        policy = yaml.safe_load(assets.read_text("utf-8"))
        copies = policy["policy__host"]["assets"]["documents"]["copies"]
        copies |= {to: {"to": to, "calendar": "day 10, day 20, last day"} for to in (FAR, DISKS)}
        assets.write_text(yaml.safe_dump(policy, allow_unicode=True), "utf-8")
        for host, name, who in (("his1", FAR, SERVER), ("backup1", f"locks-of-{FAR}", KEEPER)):
            account = {name: {"account": who, "key": f"key-of-{who}"}}
            path = inventory / "host_vars" / host / "store.yml"
            path.write_text(yaml.safe_dump({"seawall_store_accounts": account}), "utf-8")

    def made(self) -> None:
        """Make the disk ready on the server, and let the policy say which it is."""
        with self.connected("his1"):
            facts = json.loads(self.site.on("his1", "seawall disk make red --plain --json", ok=range(1)).stdout)
        for host in ("his1", "drill1"):
            self.site.on(host, KNOWN.format(identity=facts["repository_id"]), ok=range(1))


def _changed(path: Path, top: str, below: str, more: Mapping[str, object]) -> None:
    plain = yaml.safe_load(path.read_text("utf-8"))
    plain[top][below] |= more
    path.write_text(yaml.safe_dump(plain, allow_unicode=True), "utf-8")


@contextmanager
def elsewhere(site: Site, folder: Path) -> Iterator[Elsewhere]:
    """Let the policy say so for a block; afterwards all is as it was."""
    inventory = site.lab.inventory
    written = [inventory / "group_vars/all/policy.yml", *inventory.glob("host_vars/*/*.yml")]
    before = {path: path.read_bytes() for path in written}
    drilled = site.on("drill1", f"cp -p {DRILLED} /root/").code == 0
    here = str(identity.gateway(site.lab.machine("his1").network.block))
    with throwaway_store.running(folder, here) as store, loop_disks.shelf() as shelf:
        file = loop_disks.image(shelf / f"red-{shelf.name}", formatted=False, mebibytes=MEBIBYTES)
        there = Elsewhere(site, store, file)
        try:
            there.told()
            with_secrets(site)
            for host in ("his1", "backup1"):
                site.lab.machine(host).ssh(f"cat >{AUTHORITY}", input=store.authority.read_text())
            site.ansible("site.yml", *MACHINES)
            there.made()
            yield there
        finally:
            for path in {*written, *inventory.glob("host_vars/*/*.yml")}:
                if path in before:
                    path.write_bytes(before[path])
                else:
                    path.unlink()
            site.ansible("site.yml", *MACHINES)
            for host in ("his1", "backup1", "drill1"):
                site.on(host, FORGOTTEN, ok=range(1))
            site.on(
                "drill1", f"mv /root/drill-documents.json {DRILLED}" if drilled else f"rm -f {DRILLED}", ok=range(1)
            )
