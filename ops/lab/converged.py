"""What a layer holds of a lab: the disks of its machines, shut down, and the secrets that site.yml brought to them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from ops.core.errors import Unavailable
from ops.core.files import read_json
from ops.core.run import run
from ops.lab import archive, inventory
from ops.lab.identity import CONTROL, Identity
from ops.lab.machine import Machine

MINUTES = 60.0
SECRETS, KEYS = "inventory", "keys"
# Of what the machines know of themselves only this comes from site.yml. The rest timers did meanwhile, and it names the
# file that the ledger began in, which a copy is not.
FOUND_BY_SITE = ("gaps.json", "arrivals.json", "retention.json", "register.sqlite", "scrub.json", "scrub.sqlite")


def managed(machines: Iterable[Machine]) -> list[Machine]:
    """Return those of a lab's machines that site.yml is run on."""
    return [machine for machine in machines if machine.host != CONTROL]


def used(disks: Path, layers: Path) -> set[str]:
    """Return the names of the layers that labs of this computer lie over, or are just going to."""
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    named = set(re.findall(rf"{re.escape(str(layers))}/(\w+)/", mounts))
    for path in disks.glob("*/state.json"):
        with suppress(FileNotFoundError):  # that lab was taken down just now
            state = read_json(path)
            if "layer" in state and archive.door(Identity("", state["id"])).alive():
                named.add(state["layer"])
    return named


def save(folder: Path, machines: Iterable[Machine]) -> None:
    """Copy the disks of machines that are shut down into a layer's folder."""
    for machine in machines:
        place = folder / machine.host
        place.mkdir()
        copied: list[str | Path] = [machine.place / "upper", machine.place / "drills"]
        run(["cp", "-a", "--reflink=auto", *copied, place], timeout=10 * MINUTES)
        kept = place / "upper/var/lib/seawall"
        for path in (*kept.glob("ledger/*"), *kept.glob("state/*")):
            if path.is_file() and path.name not in FOUND_BY_SITE:  # the ids of keys lie in a folder, and are site.yml's
                path.unlink()


def save_secrets(folder: Path, where: Path, keys: Iterable[Path]) -> None:
    """Copy a lab's keys, and what its inventory has of its own, into a layer's folder."""
    for name in inventory.secrets(where):
        _copied(where / name, folder / SECRETS / name)
    for key in keys:
        _copied(key, folder / KEYS / key.name)


def bring_secrets(folder: Path, where: Path, home: Path) -> None:
    """Give a lab the keys of a layer, and its inventory the secrets that the layer's machines know."""
    for key in (folder / KEYS).iterdir():
        _copied(key, home / key.name)
    for path in (folder / SECRETS).rglob("*"):
        if path.is_file():
            _copied(path, where / path.relative_to(folder / SECRETS))


def shut_down(machines: Iterable[Machine]) -> None:
    """Shut machines down, all at once; raise Unavailable when one had to be forced: its disk may not be whole."""
    every = list(machines)
    with ThreadPoolExecutor(len(every)) as pool:
        ended = list(pool.map(lambda machine: machine.stop(within=5 * MINUTES), every))
    if not all(ended):
        forced = [machine.host for machine, well in zip(every, ended, strict=True) if not well]
        raise Unavailable(f"{', '.join(forced)} did not shut down in time", "see the machines' consoles")


def _copied(source: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy2(source, target)
