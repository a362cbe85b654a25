"""The files of an inventory as YAML: each with its tree, or what keeps it from being one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ops.core.errors import Problem
from ops.core.numbers import MOST_DIGITS, TOO_LARGE
from ops.fleet.inventory import files, layer_line
from ops.fleet.inventory.files import Source
from ops.fleet.inventory.yaml_words import explain

if TYPE_CHECKING:
    import yaml

SEALED_FILE = "$ANSIBLE_VAULT"
UNKNOWN_TAGS = ("tag:yaml.org,2002:python", "tag:yaml.org,2002:binary", "!")  # of bytes it can't make its JSON
KNOWN_TAGS = {"!vault", "!vault-encrypted", "!unsafe"}
_LONGEST_NUMBER = 80  # letters; one of 64 bits in twos, with its signs, has fewer
_MOST = 500_000  # values in a file


@dataclass(frozen=True)
class Mark:
    """A line of a file, counted from 1."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Document:
    """A file that Ansible reads, as YAML. root: None where it is empty, sealed, or no YAML, as an INI file is."""

    source: Source
    root: yaml.Node | None

    def mark(self, node: yaml.Node) -> Mark:
        """Return where something stands in this file."""
        return Mark(self.source.path, node.start_mark.line + 1)


def documents(sources: Sequence[Source], problems: list[Problem]) -> list[Document]:
    """Return what is read as YAML; add a problem for each file that should be YAML and is not."""
    return [Document(source, _compose(source, problems)) for source in sources]


def _compose(source: Source, problems: list[Problem]) -> yaml.Node | None:
    import yaml

    named = source.path.suffix in files.VARIABLES
    if source.text.startswith(SEALED_FILE) or (source.owner is None and source.path.suffix and not named):
        return None
    if named and source.owner is None and (line := _ini(source.text)):
        said = (
            f"this looks like INI, but Ansible reads names that end in {source.path.suffix} as YAML; name the file "
            "`hosts` or `hosts.ini`, or write YAML, such as `servers: {hosts: {his1: {ansible_host: 192.0.2.11}}}`"
        )
        problems.append(Problem("YAML", said, f"{source.path}:{line}"))
        return None
    try:
        root = yaml.compose(source.text, Loader=yaml.SafeLoader)
    except RecursionError:
        problems.append(Problem("YAML", "values within values without end", f"{source.path}:1"))
        return None
    except yaml.YAMLError:
        if named or source.owner is not None:
            problems.extend(_unread(source))
        return None
    if root is not None and _size(root, {}) > _MOST:
        problems.append(Problem("YAML", "aliases (*) repeat each other without end; write it out", f"{source.path}:1"))
        return None
    strange = [] if root is None else [Problem("YAML", said, f"{source.path}:{line}") for said, line in _strange(root)]
    if source.owner is not None and root is not None and not (pairs(root) or _holds_nothing(root)):
        said = "a file of variables holds names with values, such as `policy__host:` with lines below it"
        strange.append(Problem("YAML", said, f"{source.path}:{root.start_mark.line + 1}"))
    problems.extend(strange)
    return None if strange else root


def _ini(text: str) -> int:
    """Return the line, counted from 1, at which a file of hosts begins as one in INI does; 0 for all others."""
    lines = (line for line in enumerate(text.splitlines(), 1) if line[1].strip(" -") and line[1].strip()[0] not in "#;")
    number, first = next(lines, (0, ""))
    return number if re.fullmatch(r"\[[\w.-]+(:\w+)?\]\s*([#;].*)?|[\w.-]+(\s+\w+=\S+)+\s*", first.strip()) else 0


def _holds_nothing(root: yaml.Node) -> bool:
    return not root.value or root.tag == "tag:yaml.org,2002:null"


def _strange(root: yaml.Node) -> Iterator[tuple[str, int]]:
    """Yield what Ansible refuses of a tree that is YAML: expressions without quotes, tags that it does not know."""
    import yaml

    for _, _, node in every(root, ""):
        line = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode) and any(not isinstance(key, yaml.ScalarNode) for key, _ in node.value):
            yield (
                "{{ must stand in quotes; in the policy no expression has a place, so write the value itself there",
                line,
            )
        elif node.tag.startswith(UNKNOWN_TAGS) and node.tag not in KNOWN_TAGS:
            yield f"Ansible knows no tag {node.tag.removeprefix('tag:yaml.org,2002:')}; delete it", line
        elif isinstance(node, yaml.ScalarNode) and node.tag.startswith("tag:yaml.org,2002:int") and _many_digits(node):
            yield f"{TOO_LARGE}; put quotes around what is no number", line
        elif isinstance(node, yaml.ScalarNode) and node.tag.endswith(":timestamp") and read_as(node) == node.value:
            yield f"there is no such day or time as {node.value}; put quotes around what is no date", line


def _many_digits(node: yaml.ScalarNode) -> bool:
    """Whether a whole number has more digits than are read of what Ansible says, however it is written."""
    value = node.value if len(node.value) > _LONGEST_NUMBER else read_as(node)
    return not isinstance(value, int) or abs(value) >= 10**MOST_DIGITS


def _unread(source: Source) -> list[Problem]:
    if source.owner is not None and (said := layer_line.missing(source.text, source.owner)):
        return [Problem("YAML", said, f"{source.path}:1")]
    return explain(source.path, source.text)


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """Return how many values a tree has once its aliases are written out; more than any for one in itself."""
    if id(node) not in known:
        known[id(node)] = _MOST + 1  # as long as it is not counted: whoever meets it is in it
        parts = [part for one in node.value for part in (one if isinstance(one, tuple) else [one])]
        known[id(node)] = 1 + sum(_size(part, known) for part in parts if not isinstance(part, str))
    return known[id(node)]


def doubled(root: yaml.Node, file: Path) -> Iterator[Problem]:
    """Yield each key written twice: YAML's reader takes the last of the two and says nothing."""
    for _, _, node in every(root, ""):
        seen: dict[str, int] = {}
        for key, _ in pairs(node):
            line = key.start_mark.line + 1
            if key.value in seen:
                message = f"defined twice; first in line {seen[key.value]}"
                yield Problem(str(key.value), message, f"{file}:{line}")
            seen.setdefault(key.value, line)


def read_as(node: yaml.ScalarNode) -> Any:
    """Return the value that YAML reads where a scalar stands; its text, where that is none of the plain kinds."""
    import yaml

    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node)
    except (yaml.YAMLError, ValueError):
        return node.value
    finally:
        loader.dispose()


def pairs(node: yaml.Node | None) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    """Return the keys and values of a mapping; nothing for what is none."""
    import yaml

    if not isinstance(node, yaml.MappingNode):
        return []
    return [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]


def empty(node: yaml.Node | None) -> bool:
    """Whether nothing stands where a value could: no word, or one that means nothing, as null and ~ do."""
    return node is None or not node.value or node.tag == "tag:yaml.org,2002:null"


def every(root: yaml.Node, path: str) -> Iterator[tuple[str, yaml.ScalarNode | None, yaml.Node]]:
    """Yield the path, the key and the value of a tree and of all that is in it; what an alias repeats, once."""
    import yaml

    seen: set[int] = set()
    rest: list[tuple[str, yaml.ScalarNode | None, yaml.Node]] = [(path, None, root)]
    while rest:
        here, key, node = rest.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield here, key, node
        if isinstance(node, yaml.SequenceNode):
            rest.extend((f"{here}[{index}]", key, part) for index, part in reversed(list(enumerate(node.value))))
        else:
            rest.extend((f"{here}.{name.value}", name, value) for name, value in reversed(pairs(node)))
