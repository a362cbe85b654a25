"""Where in an inventory's files each word of the policy stands: file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ops.core.errors import Problem
from ops.fleet.inventory import files
from ops.fleet.inventory.documents import Document, Mark, documents, doubled, pairs, read_as
from ops.fleet.inventory.files import Source
from ops.policy.hostvars import PREFIX

if TYPE_CHECKING:
    import yaml


@dataclass(frozen=True)
class Layer:
    """One place where a policy__... stands.

    owner: the group or host whose file it is; None in other files. text: the whole file.
    """

    name: str
    owner: tuple[str, str] | None
    mark: Mark
    tree: yaml.Node
    text: str = ""

    def line(self, number: int) -> str:
        """Return a line of the file, counted from 0."""
        lines = self.text.splitlines()
        return lines[number] if number < len(lines) else ""

    def find(self, path: str) -> Found:
        """Given a path below the layer, return its deepest part that stands here."""
        return _descend(self.tree, path, 0, self.mark)


@dataclass(frozen=True)
class Found:
    """How deep into a path a layer goes, whether to its end, where that stands, and its key and value there."""

    depth: int
    whole: bool
    mark: Mark
    nodes: tuple[yaml.Node, ...] = ()


def read(inventory: Path, problems: list[Problem]) -> list[Layer]:
    """Return every layer in an inventory's files; add a problem for each file not whole and each word written twice."""
    return layers(documents(files.sources(files.find(inventory), problems), problems), problems)


def layers(documents: Sequence[Document], problems: list[Problem]) -> list[Layer]:
    """Return every layer in the files; add a problem for each word written twice and each layer in a wrong place."""
    found: list[Layer] = []
    for document in documents:
        if document.root is not None:
            found.extend(_layers(document.root, document.source, problems))
    problems.extend(_misplaced(found))
    return found


def locate(path: str, layers: Sequence[Layer], host: str, groups: Mapping[str, Sequence[str]]) -> list[Found]:
    """Return where a path such as `policy.assets.his.rpo` stands for a host, the place that decides first."""
    layer, _, below = path.partition(".")
    if layer.startswith("policy ("):  # of one layer, by name
        wanted = [layer.removeprefix("policy (").removesuffix(")")]
    elif layer.startswith(PREFIX):
        wanted, below = [layer], ""
    else:
        members = sorted(name for name, hosts in groups.items() if host in hosts and name != "all")
        wanted = [f"{PREFIX}host", *(PREFIX + name for name in members), f"{PREFIX}all"]
    mine = [place for name in wanted for place in layers if place.name == name and _read_by(place, host)]
    found = [place.find(below) for place in mine]
    deepest = max((one.depth for one in found), default=0)
    return [one for one in found if one.depth == deepest]


def _read_by(layer: Layer, host: str) -> bool:
    return layer.owner is None or layer.owner[0] != "host" or layer.owner[1] == host or not host


def _layers(node: yaml.Node, source: Source, problems: list[Problem]) -> Iterator[Layer]:
    """Yield the layers in a file; in a file of variables they stand at its top, elsewhere at any depth."""
    for key, value in pairs(node):
        if str(key.value).startswith(PREFIX):
            problems.extend(doubled(value, source.path))
            mark = Mark(source.path, key.start_mark.line + 1)
            yield Layer(str(key.value), source.owner, mark, value, source.text)
        elif source.owner is None:
            yield from _layers(value, source, problems)


def _misplaced(layers: Sequence[Layer]) -> Iterator[Problem]:
    """Ansible lets one definition win over another without a word, so each layer has its one place."""
    seen: dict[tuple[str, tuple[str, str] | None], Mark] = {}
    for layer in layers:
        word = layer.name.removeprefix(PREFIX)
        first = seen.setdefault((layer.name, layer.owner), layer.mark)
        if first is not layer.mark and layer.owner is not None:
            yield Problem(layer.name, f"defined twice, also at {first}; only one of them takes effect", str(layer.mark))
        if layer.owner is None:
            continue
        right = layer.owner[0] == "host" if word == "host" else layer.owner == ("group", word)
        if not right:
            place = "host_vars/HOST" if word == "host" else f"group_vars/{word}"
            yield Problem(layer.name, f"belongs in {place}", str(layer.mark))


def _descend(node: yaml.Node, path: str, depth: int, mark: Mark, key: yaml.Node | None = None) -> Found:
    for name, value in pairs(node):
        word = next((word for word in _spellings(name) if _leads(path, word)), None)
        if word is not None:
            rest = path.removeprefix(word).removeprefix(".")
            return _descend(value, rest, depth + 1, Mark(mark.file, name.start_mark.line + 1), name)
    if path.startswith("[") and isinstance(node.value, list):
        index, _, rest = path[1:].partition("]")
        part = dict(enumerate(node.value)).get(int(index)) if index.isdigit() else None
        if part is not None and not isinstance(part, tuple):  # another layer's list may be longer, or a mapping here
            return _descend(part, rest.removeprefix("."), depth + 1, Mark(mark.file, part.start_mark.line + 1))
    return Found(depth, not path, mark, tuple(one for one in (key, node) if one is not None))


def _leads(path: str, word: str) -> bool:
    rest = path.removeprefix(word)
    return path.startswith(word) and (not rest or rest[0] in ".[")


def _spellings(key: yaml.ScalarNode) -> list[str]:
    """Return a key as it is written and as it is read: `no` as False, and as Ansible hands it on, false."""
    read = str(read_as(key))
    return list(dict.fromkeys([str(key.value), read, read.lower()]))
