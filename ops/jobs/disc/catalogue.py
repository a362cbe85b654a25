"""The catalogue of a repository's discs, where it lies on the machine, and the repository itself."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ops.core.document import read_file
from ops.core.errors import UsageError
from ops.core.files import write_json
from ops.core.names import Name
from ops.interfaces.disc import LIMITS, Catalogue, Disc, read
from ops.interfaces.disc import labelled as labels
from ops.jobs.host import folders, own_policy, repositories
from ops.jobs.host.repositories import OpenRepository
from ops.policy import HostPolicy
from ops.targets.disc import KIND, Options


@dataclass(frozen=True)
class Collected:
    """A repository that is written to discs.

    folder: where it is collected. copies: the name of the copy that goes there, by asset.
    """

    policy: HostPolicy
    name: str
    place: OpenRepository
    options: Options
    folder: Path
    copies: dict[str, str]


def collected(name: str) -> Collected:
    """Return a repository of this machine that is written to discs; raise UsageError for any other one, or nobody."""
    if os.geteuid() != 0 and "SEAWALL_ROOT" not in os.environ:
        raise UsageError("only root makes and reads discs", f"sudo seawall disc ... {name}")
    policy = own_policy.read()
    repository = policy.repositories.get(name)
    if repository is None or not isinstance(repository.options, KIND.options):
        known = [one for one, told in policy.repositories.items() if isinstance(told.options, KIND.options)]
        raise UsageError(f"{name} is no repository of kind disc", f"known: {', '.join(known) or 'none'}")
    copies = {
        asset: short for asset, told in policy.assets.items() for short, copy in told.copies.items() if copy.to == name
    }
    if not copies:
        raise UsageError(f"no asset of this machine is copied to {name}", f"seawall policy show {policy.host}")
    place = repositories.open_own(policy, name)
    folder = Path(place.repository.url.read_text(encoding="utf-8").strip())
    return Collected(policy, name, place, repository.options, folder, copies)


def known(name: str) -> Catalogue:
    """Return the catalogue of a repository's discs, an empty one before the first; raise Damaged."""
    path = _path(name)
    if not path.exists():
        return Catalogue(repository=Name(name))
    return read(read_file(path, LIMITS.bytes, str(path)), str(path))


def labelled(catalogue: Catalogue, label: str) -> Disc:
    """Return the disc that is called so; raise UsageError where none is."""
    for disc in catalogue.discs:
        if disc.label == label:
            return disc
    there = labels(catalogue.discs) or "none"
    raise UsageError(f"{label!r} is none of the discs of {catalogue.repository}", f"made were: {there}")


def keep(catalogue: Catalogue) -> None:
    """Write down what is on which disc."""
    path = _path(catalogue.repository)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    write_json(path, catalogue.written())


def _path(name: str) -> Path:
    return folders.state() / "discs" / f"{name}.json"
