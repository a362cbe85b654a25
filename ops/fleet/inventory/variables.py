"""Variables of an inventory that nearly are ours: nobody reads them, and nobody else says so."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from ops.core.errors import Problem
from ops.fleet.inventory import layer_line
from ops.fleet.inventory.documents import Document, empty, pairs
from ops.fleet.inventory.layer_line import SECTIONS
from ops.fleet.inventory.nearly import nearly, slips
from ops.policy.hostvars import OWN, PREFIX

if TYPE_CHECKING:
    import yaml

OTHERS_TOO = {"site", "version"}  # words that a variable of somebody else's may well be called
ADDRESS = ("ansible_host", "ansible_ssh_host")
_WORD = PREFIX.rstrip("_")
# How Ansible reaches a host; of a slip in one of these it says nothing.
CONNECTING = (
    "ansible_become",
    "ansible_become_method",
    "ansible_become_pass",
    "ansible_become_password",
    "ansible_become_user",
    "ansible_connection",
    "ansible_host",
    "ansible_password",
    "ansible_port",
    "ansible_private_key_file",
    "ansible_python_interpreter",
    "ansible_shell_type",
    "ansible_ssh_args",
    "ansible_ssh_common_args",
    "ansible_ssh_extra_args",
    "ansible_ssh_host",
    "ansible_ssh_pass",
    "ansible_ssh_port",
    "ansible_ssh_private_key_file",
    "ansible_ssh_user",
    "ansible_user",
)


def defined(document: Document) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    """Yield the variables of a file: at its top, or in a file of hosts and groups those of each."""
    if document.root is None:
        return
    if document.source.owner is not None:
        yield from pairs(document.root)
        return
    for _, body in pairs(document.root):
        yield from _of_group(body, 0)


def nearly_ours(document: Document, groups: Collection[str]) -> Iterator[Problem]:
    """Yield each variable of a file that is one of ours but for a slip."""
    known = sorted({*groups, *OWN})
    for key, value in defined(document):
        layer = _layer(str(key.value), value, known)
        if layer is not None:
            wanted = f"{PREFIX}{layer}"
            yield Problem(str(key.value), f"nobody reads this variable; write {wanted}", str(document.mark(key)))


def nearly_ansibles(document: Document) -> Iterator[Problem]:
    """Yield a note of each variable of a file that is one of Ansible's connection variables but for a slip."""
    for key, _ in defined(document):
        name = str(key.value)
        near = None if name in CONNECTING or not name.startswith("ans") else nearly(name, CONNECTING)
        if near:
            yield Problem(name, f"Ansible knows no such variable; is {near} meant?", str(document.mark(key)))


def no_addresses(document: Document) -> Iterator[Problem]:
    """Yield a note of each host's address that is made of numbers as IPv4's are, and is none."""
    for key, value in defined(document):
        said = str(value.value)
        if key.value in ADDRESS and re.fullmatch(r"[\d.]+", said) and "." in said and not _is_address(said):
            message = f"{said} is no address; expected four numbers of at most 255, such as 192.0.2.11"
            yield Problem(str(key.value), message, str(document.mark(key)))


def _is_address(said: str) -> bool:
    try:
        ipaddress.IPv4Address(said)
    except ValueError:
        return False
    return True


def without_layer(document: Document) -> Iterator[Problem]:
    """Yield a problem for a file of variables whose keys are those of a layer, and the layer's own line is missing."""
    owner = document.source.owner
    if owner is None:
        return
    yield from _beside_layer(document)
    keys = {str(key.value): _words(value) for key, value in pairs(document.root)}
    named = document.source.path.stem == _WORD and not any(name.startswith(PREFIX) for name in keys)
    beside = any(name.startswith(PREFIX) for name in keys)
    if not beside and (layer_line.ours(keys) or (named and SECTIONS & set(keys))):
        first = next(key for key, _ in pairs(document.root) if key.value in SECTIONS)
        names = ", ".join(name for name in keys if name in SECTIONS)
        layer = layer_line.expected(owner)
        said = f"nobody reads {names} here; write `{layer}:` in the line above, and indent what belongs to it"
        yield Problem(str(first.value), said, str(document.mark(first)))


def _beside_layer(document: Document) -> Iterator[Problem]:
    """Yield each section of a layer that stands at the left margin beside it."""
    found = pairs(document.root)
    layer = next((str(key.value) for key, _ in found if str(key.value).startswith(PREFIX)), "")
    for key, value in found if layer else ():
        if key.value in SECTIONS - OTHERS_TOO and pairs(value):
            said = f"nobody reads {key.value} at the left margin; indent it, so that it belongs to {layer}"
            yield Problem(str(key.value), said, str(document.mark(key)))


def _words(node: yaml.Node) -> dict[str, frozenset[str]]:
    return {str(key.value): frozenset(str(word.value) for word, _ in pairs(value)) for key, value in pairs(node)}


def _of_group(body: yaml.Node, depth: int) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    said: Mapping[str, yaml.Node] = {str(key.value): value for key, value in pairs(body)}
    if "vars" in said:
        yield from pairs(said["vars"])
    for _, host in pairs(said["hosts"]) if "hosts" in said else ():
        yield from pairs(host)
    if "children" in said and depth < 20:  # noqa: PLR2004 -- an alias may lead back
        for _, group in pairs(said["children"]):
            yield from _of_group(group, depth + 1)


def _layer(name: str, value: yaml.Node, known: Collection[str]) -> str | None:
    """Return the layer that a variable was meant to be; None for one of somebody else's."""
    if name.startswith(PREFIX) and name != PREFIX:
        return None  # whether there is such a group is asked elsewhere
    head, between, rest = _parted(name)
    if head is None or (not between and rest and rest not in known):
        return None
    ours = _of_layer(value)
    sure = "__" in between and (head != _WORD or name != name.lower() or not rest or ours or empty(value))
    layer = rest if rest in known else nearly(rest, known) if rest else None
    if layer and (ours or sure or (empty(value) and rest in OWN)):
        return layer
    return "host, policy__all or policy__GROUP" if ours or (sure and not rest) else None


def _parted(name: str) -> tuple[str | None, str, str]:
    """Return what stands for `policy`, what separates it from the rest, and the rest, in small letters."""
    found = re.match(r"^[\W_]*([a-z]+?)([\W_]+|$)(.*)$", name.lower())
    if found and _is_policy(found[1]):
        return found[1], found[2], re.sub(r"\W+", "_", found[3]).strip("_")
    glued = re.match(rf"^({_WORD})([a-z]\w*)$", name.lower())
    return (glued[1], "", glued[2]) if glued else (None, "", "")


def _is_policy(word: str) -> bool:
    return word == _WORD or (word[:1] == "p" and slips(word, _WORD) <= 1) or word in {"policies", "plocy", "poicly"}


def _of_layer(value: yaml.Node) -> bool:
    """Whether what a variable holds are sections of a policy."""
    names = [str(key.value) for key, _ in pairs(value)]
    return bool(names) and any(name in SECTIONS or nearly(name, SECTIONS) for name in names)
