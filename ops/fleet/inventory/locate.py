"""Where in an inventory's files each word of the policy stands: file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ops.core.errors import Problem
from ops.policy.hostvars import PREFIX

if TYPE_CHECKING:
    import yaml

SUFFIXES = {"", ".yml", ".yaml", ".json"}
SEALED_FILE = "$ANSIBLE_VAULT"


@dataclass(frozen=True)
class Mark:
    """A line of a file, counted from 1."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Layer:
    """One place where a policy__... stands. owner: the group or host whose file it is; None in other files."""

    name: str
    owner: tuple[str, str] | None
    mark: Mark
    tree: yaml.Node

    def find(self, path: str) -> Found:
        """Given a path below the layer, return its deepest part that stands here."""
        return _descend(self.tree, path, 0, self.mark)


@dataclass(frozen=True)
class Found:
    """How deep into a path a layer goes, whether to its end, and where that stands."""

    depth: int
    whole: bool
    mark: Mark


def read(inventory: Path, problems: list[Problem]) -> list[Layer]:
    """Return every layer in an inventory's files; add a problem for each file not whole and each word written twice."""
    layers: list[Layer] = []
    for file, owner in _files(inventory):
        root = _compose(file, problems)
        if root is not None:
            layers.extend(_layers(root, file, owner, problems))
    problems.extend(_misplaced(layers))
    return layers


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


def _files(inventory: Path) -> Iterator[tuple[Path, tuple[str, str] | None]]:
    """Yield the files of an inventory as Ansible finds them, each with whose variables it holds."""
    folder = inventory if inventory.is_dir() else inventory.parent
    tops = sorted(folder.iterdir()) if inventory.is_dir() else [inventory]
    yield from ((path, None) for path in tops if path.is_file() and _wanted(path) and path.suffix)
    for kind in ("group", "host"):
        for place in sorted((folder / f"{kind}_vars").glob("*")):
            files = sorted(place.rglob("*")) if place.is_dir() else [place]
            owner = (kind, place.name if place.is_dir() else place.stem)
            yield from ((path, owner) for path in files if path.is_file() and _wanted(path))


def _wanted(path: Path) -> bool:
    return path.suffix in SUFFIXES and not path.name.startswith(".") and not path.name.endswith("~")


def _compose(file: Path, problems: list[Problem]) -> yaml.Node | None:
    import yaml

    text = file.read_text(encoding="utf-8", errors="replace")
    if text.startswith(SEALED_FILE):
        return None
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Mark(file, mark.line + 1 if mark else 1)
        told = " ".join(part for part in (error.context, error.problem) if part)
        problems.append(Problem("YAML", f"{told}; is the file truncated?", str(where)))
    except yaml.YAMLError as error:
        problems.append(Problem("YAML", f"not valid YAML: {error}", f"{file}:1"))
    return None


def _layers(node: yaml.Node, file: Path, owner: tuple[str, str] | None, problems: list[Problem]) -> Iterator[Layer]:
    """Yield the layers in a file; in a file of variables they stand at its top, elsewhere at any depth."""
    for key, value in _pairs(node):
        if str(key.value).startswith(PREFIX):
            problems.extend(_doubled(value, file))
            yield Layer(str(key.value), owner, Mark(file, key.start_mark.line + 1), value)
        elif owner is None:
            yield from _layers(value, file, owner, problems)


def _doubled(node: yaml.Node, file: Path) -> Iterator[Problem]:
    """YAML's reader takes the last of two equal keys and says nothing."""
    seen: dict[str, int] = {}
    for key, value in _pairs(node):
        line = key.start_mark.line + 1
        if key.value in seen:
            message = f"defined twice; first in line {seen[key.value]}"
            yield Problem(str(key.value), message, f"{file}:{line}")
        seen.setdefault(key.value, line)
        yield from _doubled(value, file)


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


def _descend(node: yaml.Node, path: str, depth: int, mark: Mark) -> Found:
    for key, value in _pairs(node):
        word = str(key.value)
        rest = path.removeprefix(word)
        if path.startswith(word) and (not rest or rest[0] in ".["):
            return _descend(value, rest.removeprefix("."), depth + 1, Mark(mark.file, key.start_mark.line + 1))
    if path.startswith("[") and isinstance(node.value, list):
        index, _, rest = path[1:].partition("]")
        part = node.value[int(index)]
        return _descend(part, rest.removeprefix("."), depth + 1, Mark(mark.file, part.start_mark.line + 1))
    return Found(depth, not path, mark)


def _pairs(node: yaml.Node) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    import yaml

    if not isinstance(node, yaml.MappingNode):
        return []
    return [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
