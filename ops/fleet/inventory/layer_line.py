"""The line with which a layer of the policy begins, and files from which it is missing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from ops.policy.duty import Duty
from ops.policy.hostvars import PREFIX
from ops.policy.model import Asset, CheckSpec, Excuse, Repository, Site, Written

if TYPE_CHECKING:
    from ops.fleet.inventory.files import Owner

SECTIONS = frozenset(field.name for field in fields(Written))
# Words by which a section is ours, though others may have a variable of its name: of it, or of each thing in it.
OF_EACH = {
    "assets": frozenset(f.name for f in fields(Asset)),
    "duties": frozenset(f.name for f in fields(Duty)),
    "checks": frozenset(f.name for f in fields(CheckSpec)),
    "exceptions": frozenset(f.name for f in fields(Excuse)),
    "repositories": frozenset(f.name for f in fields(Repository)),
}
OURS_ALONE = ("assets", "duties", "checks", "exceptions")  # nobody else has variables that hold such
OF_SITE = frozenset(field.name for field in fields(Site))


def expected(owner: Owner) -> str:
    """Return the name of the layer that belongs in the files of a host or group."""
    return f"{PREFIX}{'host' if owner[0] == 'host' else owner[1]}"


def ours(keys: Mapping[str, Mapping[str, frozenset[str]]]) -> bool:
    """Given the keys of a file of variables, each with the words below it and below those, say if it is ours."""
    alone = any(len(OF_EACH[name] & words) > 1 for name in OURS_ALONE for words in keys.get(name, {}).values())
    sure = any(len(OF_EACH["repositories"] & words) > 1 for words in keys.get("repositories", {}).values())
    sure = sure or set(keys.get("site", {})) >= OF_SITE
    return alone or (sure and len(SECTIONS & set(keys)) > 1)


def missing(text: str, owner: Owner) -> str:
    """Return what to say of a file that is no YAML and whose first key is one of a layer, "" of all others."""
    bare = re.sub(r"^\s*(#.*|---.*)$", "", text, flags=re.MULTILINE)
    first = re.search(r"^[ \t]*([A-Za-z_]\w*)[ \t]*:", bare, re.MULTILINE)
    if first is None or first[1] not in SECTIONS or re.search(rf"^{PREFIX}\w*\s*:", text, re.MULTILINE):
        return ""
    return f"`{expected(owner)}:` is missing above {first[1]}, with all that belongs to it indented below"
