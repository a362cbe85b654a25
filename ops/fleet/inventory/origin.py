"""Where each value of a host's policy comes from: a file and its line, a class, a default, or other values."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from ops.core.errors import UsageError
from ops.core.kinds import nearest
from ops.core.schema import key
from ops.fleet import inventory
from ops.fleet.inventory import locate
from ops.fleet.pack_numbers import offers
from ops.policy import assets, classes, pack_defaults
from ops.policy.hostvars import read_layers
from ops.policy.listing import leaves, worded
from ops.policy.model import Written
from ops.policy.origins import Origins, PackWord, holds
from ops.policy.surroundings import surroundings

if TYPE_CHECKING:
    from pathlib import Path

    from ops.core.schema import Plain

DEFAULT, DERIVED = "default", "derived"
_SECTIONS = {key(field.name) for field in fields(Written)}


@dataclass(frozen=True)
class Value:
    """One value of a host's policy, its path in the document, and where it comes from, in words.

    others: what packs say of it that it does not come from.
    """

    path: str
    value: Any
    origin: str
    others: tuple[str, ...] = ()


class _Host:
    """What the layers of one host say, and where."""

    def __init__(self, name: str, tree: Mapping[str, Plain], origins: Origins, written: Sequence[locate.Layer]) -> None:
        self.name, self.tree, self.origins, self.written = name, tree, origins, written

    def packs(self, path: str) -> PackWord:
        return self.origins.packs.get(path.partition("[")[0], PackWord(""))  # of a list, as a whole

    def origin(self, path: str, groups: Mapping[str, Sequence[str]]) -> str:
        if origin := self.packs(path).origin:
            return origin
        if not holds(self.tree, path):
            section, _, below = path.partition(".")
            checks = self.tree.get("checks") or {}
            made = section == "checks" and not (isinstance(checks, Mapping) and below.partition(".")[0] in checks)
            return DERIVED if made or section not in _SECTIONS else DEFAULT
        where = self.origins.written(f"policy.{path}")
        found = locate.locate(where, self.written, self.name, groups)
        mark = str(found[0].mark) if found else DERIVED
        if where.startswith(f"{classes.PATH}."):
            return f"class {where.removeprefix(f'{classes.PATH}.').partition('.')[0]}, {mark}"
        return mark


class Layers:
    """What the files of an inventory say of each host, read once."""

    def __init__(self, path: Path) -> None:
        read, written = inventory.read(path), locate.read(path, [])
        layers = read_layers(read.variables, read.groups, [])
        around = surroundings(read.variables, read.groups, offers(read.variables, read.path))
        self._hosts = {name: _Host(name, *assets.resolve(name, layers[name], around, []), written) for name in layers}
        self._groups, self._offers = read.groups, around.offers

    def demands(self, path: str) -> tuple[str, ...]:
        """Return what packs demand of a key that nobody wrote: it holds once what it is a part of is written."""
        return tuple(
            f"{pack} ({default.clause}) demands {worded(default.value)}, once the rest is written"
            for pack, offer in self._offers.items()
            for key, default in offer.defaults.items()
            if pack_defaults.means(key, path)
        )

    def values(self, document: Mapping[str, Any], asset: str | None = None) -> Iterator[Value]:
        """Given the document of one of the hosts, yield every value with its origin.

        asset: only what concerns this one: itself, its drill here, and its checks; raise UsageError if it isn't here.
        """
        starts = _starts(document, asset) if asset else ("",)
        for place, value in leaves(dict(document)):
            if place.startswith(starts):
                owner, theirs = _owner(place, document)
                one = self._hosts[owner]
                yield Value(place, value, one.origin(theirs, self._groups), one.packs(theirs).others)


def named(host: str, asset: str, known: Collection[str]) -> str:
    """Return what an asset is called on a host, given its name or a group's short one; raise UsageError if unknown."""
    for name in (asset, assets.name_on(host, asset)):
        if name in known:
            return name
    near, listed = nearest(asset, sorted(known)), ", ".join(sorted(known)) or "none"
    raise UsageError(f"{host} neither has nor drills an asset {asset!r}{near}; known: {listed}")


def _starts(document: Mapping[str, Any], asset: str) -> tuple[str, ...]:
    """Return with what the paths begin that concern an asset."""
    name = named(document["host"], asset, {**document["assets"], **document["drills"]})
    checks = [check for check, spec in document["checks"].items() if spec["options"].get("asset") == name]
    return (f"assets.{name}.", f"drills.{name}.", *(f"checks.{check}." for check in checks))


def _owner(path: str, document: Mapping[str, Any]) -> tuple[str, str]:
    """Return in whose policy a value is written, and its path there: a drilled asset is another host's."""
    for name, drilled in document.get("drills", {}).items():
        if path.startswith(f"drills.{name}.asset."):
            return drilled["host"], f"assets.{name}.{path.removeprefix(f'drills.{name}.asset.')}"
    if path.startswith("site_duties."):  # which are written among the others
        return document["host"], path.removeprefix("site_")
    return document["host"], path
