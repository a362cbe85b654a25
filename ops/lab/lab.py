"""A whole lab: its machines, their network, its keys and its inventory, brought up and taken down together."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from ops.core.errors import SeawallError, Unavailable, UsageError
from ops.core.files import lock, read_json, write_atomically, write_json
from ops.core.kinds import nearest
from ops.fleet.packaging.restic_deb import CACHE
from ops.fleet.packaging.root_trees import clear
from ops.lab import archive, converged, disks, inventory, network, trees
from ops.lab import identity as names
from ops.lab.archive import Archive
from ops.lab.furnish import Furniture, make_key
from ops.lab.groups import Group
from ops.lab.identity import Identity
from ops.lab.layers import Layers, Shape
from ops.lab.machine import Machine
from ops.lab.network import Network
from ops.lab.shape import shape

CHECKOUT = CACHE.parent
DISKS = Path("/var/lib/seawall-lab")
CACHES = Path("/var/cache/seawall-lab")
STATE_VERSION = 1

Told = Callable[[str], None]


@dataclass(frozen=True)
class Lab:
    """A lab of a checkout, by its name: `demo` for people, `test` for the tests. hosts: its machines."""

    name: str
    checkout: Path = CHECKOUT
    hosts: tuple[str, ...] = names.HOSTS

    @property
    def home(self) -> Path:
        """The folder in the checkout with the lab's keys and state."""
        return self.checkout / ".lab" / self.name

    @property
    def key(self) -> Path:
        """The ssh key that opens every machine."""
        return self.home / "key"

    @property
    def known_hosts(self) -> Path:
        """The machines' host keys."""
        return self.home / "known_hosts"

    @property
    def vault_password(self) -> Path:
        """The file with the password of the lab's Ansible vault."""
        return self.home / "vault-password"

    @property
    def inventory(self) -> Path:
        """The Ansible inventory that leads to this lab's machines."""
        whole = self.checkout / "inventories/lab"
        return whole if self.name == "demo" else self.home / "inventory"

    @property
    def layers(self) -> Layers:
        """The converged labs that this computer keeps."""
        return Layers(CACHES / "layers")

    @property
    def layer(self) -> str | None:
        """The name of the converged lab that this one began as; None when its machines were as Debian made them."""
        name = self._state().get("layer")
        return str(name) if name else None

    def up(self, tell: Told = lambda _: None, *, layered: bool = False) -> list[Machine]:
        """Boot every machine that is not up and return all; what runs is left alone.

        layered: machines that are made now begin as site.yml would leave them, where a layer of that is kept.
        """
        with self._held():
            state = self._begin()
            net = Network(Identity(self.name, state["id"]), IPv4Network(state["block"]))
            net.up()
            source = archive.open_door(net, Archive(CACHES / "packages"), self.home / "door.log")
            made = trees.make(CACHES / "trees", source, tell, bare=names.CONTROL in self.hosts)
            paths = {"plain": made.plain, "his": made.his, "lis": made.lis, "control": made.bare}
            self._lay_anew(state, {name: str(path) for name, path in paths.items() if path})
            inventory.prepare(self.checkout, self.inventory)
            if layered and not inventory.secrets(self.inventory):
                self._lie_over_layer(state, tell)
            return self._booted(self._machines(state, source.proxy), tell)

    def shape(self) -> Shape:
        """Return what site.yml would make of this lab's machines now, part by part; the lab must be up."""
        return self._shape(self._state())

    def keep(self, before: Shape, tell: Told = lambda _: None) -> bool:
        """Keep the machines as the layer of a shape, and go on over it, as later labs of that shape begin.

        before: the shape before site.yml was run. Return False when there is no such layer: something changed
        meanwhile, or a machine did not shut down in time. The machines are shut down, and booted again in any case.
        """
        with self._held():
            machines = converged.managed(self.machines())
            if self.layer or self.shape() != before:
                tell("no layer was stored: what shapes the machines has changed meanwhile")
                return False
            try:
                converged.shut_down(machines)
                used = converged.used(DISKS, self.layers.home)
                self.layers.keep(before, lambda folder: self._save(folder, machines), used)
                for machine in machines if self.layers.find(before) else ():
                    machine.remove()
                self._lie_over_layer(self._state(), tell)
            except Unavailable as error:
                tell(f"no layer was stored: {error}")
            self._booted(self.machines(), tell)
        return self.layer is not None

    def down(self, *, caches: bool = False) -> None:
        """Remove all of the lab: machines, disks, network, keys; with `caches` also what made it quick."""
        with self._held():
            state = self._state()
            if state:
                self._clear(state)
            inventory.remove(self.checkout, self.inventory)
        shutil.rmtree(self.home, ignore_errors=True)
        for folder in (self.home.parent, DISKS):
            if folder.exists() and not any(folder.iterdir()):
                folder.rmdir()
        if running():
            if caches:
                raise UsageError("the caches were kept: other labs on this computer use them", "shut those down first")
            return
        Archive(CACHES / "packages").down()
        with suppress(OSError):  # not there, or another checkout's package cache is in it
            Group("").path.rmdir()
        if caches:
            shutil.rmtree(CACHES, ignore_errors=True)

    def machines(self) -> list[Machine]:
        """Return the machines of a lab that was brought up; none when it was not."""
        state = self._state()
        if not state or "trees" not in state:
            return []
        proxy = f"http://{names.gateway(IPv4Network(state['block']))}:{archive.PORT}"
        return self._machines(state, proxy)

    def machine(self, host: str) -> Machine:
        """Return a machine by its host name; raise UsageError when the lab has none of that name."""
        found = {machine.host: machine for machine in self.machines()}
        if not found:
            raise UsageError(f"the lab {self.name!r} is not running", f"seawall lab up --name {self.name}")
        if host not in found:
            raise UsageError(f"the lab has no machine {host!r}{nearest(host, list(found))}")
        return found[host]

    def _held(self) -> AbstractContextManager[None]:
        self.home.mkdir(parents=True, exist_ok=True)
        return lock(self.home / "lock", f"the lab {self.name!r}")

    def _state(self) -> dict[str, Any]:
        """Return what was written down of the lab; where the checkout was wiped, what lies beside its disks."""
        beside = DISKS / names.identify(self.name, self.checkout).id
        for place in (self.home, beside):
            try:
                return dict(read_json(place / "state.json"))
            except FileNotFoundError:
                continue
        return {}

    def _remember(self, state: dict[str, Any]) -> None:
        beside = DISKS / state["id"]
        beside.mkdir(parents=True, exist_ok=True)
        for place in (beside, self.home):
            write_json(place / "state.json", state)

    def _begin(self) -> dict[str, Any]:
        """Return the lab's state with its keys made; after a reboot or without its keys it begins anew."""
        state = self._state()
        identity = names.identify(self.name, self.checkout)
        if state and not ((state["id"], state["version"]) == (identity.id, STATE_VERSION) and self.key.exists()):
            self._clear(state)
            state = {}
        if not state:
            block = names.block(identity, network.taken())
            state = {"version": STATE_VERSION, "id": identity.id, "block": str(block), "hosts": list(self.hosts)}
            self._remember(state)
        if not self.key.exists():
            make_key(self.key, f"seawall lab {self.name}")
        if not self.vault_password.exists():
            write_atomically(self.vault_password, f"{secrets.token_urlsafe(24)}\n")
        return state

    def _lay_anew(self, state: dict[str, Any], made: dict[str, str]) -> None:
        """Forget the disks that lie over trees that are not the present ones; a layer lies over the trees of a day."""
        if "trees" in state:
            now = {machine.host: machine.tree for machine in self._machines(state | {"trees": made}, "")}
            here = self._machines(state, "")
            moved = [machine for machine in here if machine.tree != now[machine.host]]
            for machine in here if moved and "layer" in state else moved:
                machine.remove()
                inventory.forget_heads(self.inventory)
            if moved:
                state.pop("layer", None)
        state["trees"] = made
        self._remember(state)

    def _lie_over_layer(self, state: dict[str, Any], tell: Told) -> None:
        """Lay a lab that has nothing yet over the layer of its shape, where one is kept, with the secrets it knows."""
        if any(machine.place.exists() for machine in converged.managed(self._machines(state, ""))):
            return
        wanted = self._shape(state)
        with self.layers.held():
            found = self.layers.find(wanted)
            if found is None:
                other = self.layers.difference(wanted)
                tell(f"no matching layer of a configured lab{f'; the newest differs in {other}' if other else ''}")
                return
            converged.bring_secrets(found, self.inventory, self.home)
            self._remember(state | {"layer": found.name})
        state["layer"] = found.name
        tell(f"the machines start configured, from layer {found.name}")

    def _booted(self, machines: list[Machine], tell: Told) -> list[Machine]:
        if down := [machine.host for machine in machines if not machine.running()]:
            tell(f"booting {', '.join(down)}")
        for machine in machines:
            machine.boot()
        inventory.write_known_hosts(self.known_hosts, machines)
        inventory.write(self.inventory, self.known_hosts, converged.managed(machines))
        with ThreadPoolExecutor(len(machines)) as pool:
            list(pool.map(Machine.wait, machines))
        return machines

    def _shape(self, state: dict[str, Any]) -> Shape:
        hosts = [host for host in state["hosts"] if host != names.CONTROL]
        servers = {name: path for name, path in state["trees"].items() if name != names.CONTROL.rstrip("1")}
        return shape(self.checkout, self.inventory, servers, hosts)

    def _save(self, folder: Path, machines: list[Machine]) -> None:
        converged.save(folder, machines)
        keys = (self.key, self.key.with_name(f"{self.key.name}.pub"), self.vault_password)
        converged.save_secrets(folder, self.inventory, keys)

    def _machines(self, state: dict[str, Any], proxy: str) -> list[Machine]:
        net = Network(Identity(self.name, state["id"]), IPv4Network(state["block"]))
        furniture = Furniture(self.key, self.known_hosts, proxy)
        return [
            Machine(
                host=host,
                tree=Path(state["trees"].get(host.rstrip("1"), state["trees"]["plain"])),
                network=net,
                place=DISKS / state["id"] / host,
                furniture=furniture,
                nests=host == "drill1",
                layer=self.layers.home / state["layer"] / host if "layer" in state and host != names.CONTROL else None,
            )
            for host in state.get("hosts", names.HOSTS)
        ]

    def _clear(self, state: dict[str, Any]) -> None:
        """Remove what the kernel and the disk hold of a lab, also of one that came up only in part."""
        state.setdefault("trees", {"plain": ""})
        failures = []
        for machine in self._machines(state, ""):
            try:
                machine.remove()
            except SeawallError as error:
                failures.append(error)
        net = Network(Identity(self.name, state["id"]), IPv4Network(state["block"]))
        archive.door(net.identity).remove()
        net.down()
        disks.forget(DISKS / state["id"])
        clear(DISKS / state["id"])
        inventory.forget_heads(self.inventory)
        if failures:
            raise failures[0]


def running() -> bool:
    """Whether any lab of this computer is up; each has a door to the package cache."""
    place = Group("").path
    doors = [path.name for path in place.glob("sw*-packages")] if place.exists() else []
    return any(Group(name).alive() for name in doors)
