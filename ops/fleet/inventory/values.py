"""Values of the policy that YAML reads as something else than a person typed, and characters that nobody sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ops.core.errors import Problem
from ops.fleet.inventory.characters import mixed, strange, unseen
from ops.fleet.inventory.documents import Mark, every, pairs, read_as
from ops.fleet.inventory.locate import Layer

if TYPE_CHECKING:
    import yaml

# Texts for people; whatever stands in them is theirs.
FREE = {"name", "summary", "reason", "without", "safe", "phone", "what", "who", "sql"}
_TAG = "tag:yaml.org,2002:"


def hint(node: yaml.Node | None, message: str) -> str:
    """Given the value or the name that a problem is about, return what YAML made of it and what to type, or ""."""
    import yaml

    if not isinstance(node, yaml.ScalarNode):
        return ""
    if odd := strange(node.value) or mixed(node.value):
        return f"; it holds {odd}"
    if node.style is None and node.value.startswith("-") and "expected a list" in message:
        return f"; a space is missing after the -: write `- {node.value[1:]}`"
    if "expected float" in message and re.fullmatch(r"\d+(\.\d+)?[eE]\d+", node.value):
        return f"; YAML reads this as a text: write {float(node.value):.0f}"
    if _changed(node):
        return f"; YAML reads {node.value} as {_shown(node)}: {_how(node)}"
    return f'; write "{node.value}"' if "expected a text" in message and _altered(node) else ""


def changed(layer: Layer) -> Iterator[Problem]:
    """Yield each word of a layer that YAML reads otherwise than it is written, though it may be valid as read."""
    import yaml

    for path, key, node in every(layer.tree, "policy"):
        if isinstance(node, yaml.ScalarNode) and node.style is None and _number(node):
            yield Problem(path, f"YAML reads {node.value} as {_shown(node)}: {_how(node)}", _where(layer, node))
        elif (
            isinstance(node, yaml.ScalarNode) and (key is None or key.value not in FREE) and (odd := unseen(node.value))
        ):
            yield Problem(path, f"it holds {odd}", _where(layer, node))
        for name, _ in pairs(node):
            if _changed(name, name=True):
                said = f'YAML reads {name.value} as {_shown(name)}: write "{name.value}", or choose another name'
                yield Problem(f"{path}.{name.value}", said, _where(layer, name))
            elif odd := unseen(name.value):
                yield Problem(f"{path}.{name.value}", f"it holds {odd}", _where(layer, name))


def torn(layer: Layer) -> Iterator[Problem]:
    """Yield each value within { } that commas tear into several, because it has no quotes."""
    import yaml

    for path, _, node in every(layer.tree, "policy"):
        words: list[str] = []
        flow = isinstance(node, yaml.MappingNode) and node.flow_style
        for key, value in reversed(pairs(node)) if flow else ():
            if key.style is None and _left_out(key, value):
                words.insert(0, key.value)
                continue
            if words and isinstance(value, yaml.ScalarNode):
                whole = ", ".join([value.value, *words])
                said = f'within {{ }} a value with commas must stand in quotes: write {key.value}: "{whole}"'
                yield Problem(f"{path}.{key.value}", said, _where(layer, value))
            words = []


def _left_out(key: yaml.ScalarNode, value: yaml.Node) -> bool:
    """Whether a key has neither a colon nor a value, as a word between two commas has."""
    return key.end_mark.index == value.start_mark.index == value.end_mark.index


def cut_short(layer: Layer) -> Iterator[Problem]:
    """Yield a note of each text that ends at a # which probably belongs to it; a comment has a space after its #."""
    import yaml

    for path, _, node in every(layer.tree, "policy"):
        if not isinstance(node, yaml.ScalarNode) or node.style is not None or not node.value:
            continue
        line = layer.line(node.end_mark.line)[node.end_mark.column :]
        if found := re.match(r"\s+#(?=[^\s#!])(.*)", line):
            whole = f"{node.value} #{found[1].strip()}"
            said = f'ends at `{node.value}`, for # begins a comment; if that belongs to it, write "{whole}"'
            yield Problem(path, said, _where(layer, node))


def typographic(layer: Layer) -> Iterator[Problem]:
    """Yield a note of each text in typographic quotes, which for YAML are letters of the text."""
    import yaml

    for path, _, node in every(layer.tree, "policy"):
        if isinstance(node, yaml.ScalarNode) and strange(node.value[:1]).endswith(('type "', "type '")):
            said = f"the quotes are part of the text, for they are typographic ones; {strange(node.value)}"
            yield Problem(path, said, _where(layer, node))


def _where(layer: Layer, node: yaml.Node) -> str:
    return str(Mark(layer.mark.file, node.start_mark.line + 1))


def _altered(node: yaml.ScalarNode) -> bool:
    return node.style is None and bool(node.value) and node.tag.startswith(_TAG) and node.tag != f"{_TAG}str"


def _changed(node: yaml.ScalarNode, *, name: bool = False) -> bool:
    """Whether a word without quotes is read as a value of another kind whose text is not the one typed."""
    number = node.tag in {f"{_TAG}int", f"{_TAG}float"}
    if not _altered(node) or node.tag == f"{_TAG}merge" or (number and not _number(node)):
        return False
    return name or (node.tag != f"{_TAG}null" and str(read_as(node)) != node.value)


def _number(node: yaml.ScalarNode) -> bool:
    """Whether a whole number is written in one of the ways in which nobody expects one: 20:30 and 0123."""
    sixties = node.tag in {f"{_TAG}int", f"{_TAG}float"} and ":" in node.value
    return sixties or (node.tag == f"{_TAG}int" and re.fullmatch(r"[-+]?0[0-7_]+", node.value) is not None)


def _how(node: yaml.ScalarNode) -> str:
    octal = node.tag == f"{_TAG}int" and ":" not in node.value
    plain = f"write {node.value.lstrip('+-0_') or '0'}, or for a text " if octal else "write "
    return f'{plain}"{node.value}"'


def _shown(node: yaml.ScalarNode) -> str:
    value = read_as(node)
    kind = {"bool": "the truth value", "int": "the number", "float": "the number", "timestamp": "the date"}
    word = node.tag.removeprefix(_TAG)
    return "nothing" if value is None else f"{kind.get(word, word)} {str(value).lower()}"
