"""Ways in which an inventory goes wrong by itself: each takes its files, and returns them with something changed.

Files are a mapping of names below the inventory to their bytes. What is changed, and how, is drawn from a source of
chance, which Hypothesis gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import yaml

Files = dict[str, bytes]
Mutation = Callable[[Files, Random], None]
OTHER_FILES = {"README.md", "machines.yml"}

CHARACTERS = (
    "\t", "\u00a0", "\u200b", "\uff1a", "\u201c", "\ufeff", "\u202e", "\x00", "\x07", "\x85", "\u2028", "\\", "\r",
    "ü", "醫", "\U0001f691", "é", "'", '"', "#", " #", ":", ": ", "*", "&", "!", "{", "}", "[", "]", "-", "- ", "%",
    "@", "`", "|", ">", "?", "~", ",", ".", "/", "$", "{{", "{% x %}", "%n", "=", "<", " ", "\n", "0", "9", "x", "<<: ",
)  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 3.5, 10**40, float("inf"), "", " ", "no", "null", "~", "x" * 300, "a\nb", "../x", "/",
    "0s", "1s", "-1h", "26h", "1000y", "9" * 30 + "y", "30m", "1d 12h", "0%", "100%", "150%", "-5%", "10GiB", "8PiB",
    "day 31", "day 32", "last day", "last day 23:00", "day 10, day 40", "between day 11 and day 20", "quarter ends",
    "every 5 months", "every 2 months", "yearly 06-30", "yearly 02-30", "*-*-* 02:30:00", "*:0/1", "2020-01-01",
    "2027-01-01", "*-*-* 01:30:00 Mars/Crater", "*-*-* 01:30:00 Europe/Berlin", "Sun 25:00", "Feb 30", "; ;", "daily",
    "end", "enter", "manifest", "his-db", "röntgen", "HIS", "primary", "offsite", "backup1", "his1", "drill1",
    "postgresql", "mariadb", "files", "machine", "database", "rest_server", "disk", "select 1", "delete from x",
    "{{ x }}", "%i $x ${y} `z`", "=", "path:/", "path:/*", "2026-12-31", "2099-01-01", "Europe/Prague", "UTC", "CEST",
    ["["], ["[z-a]"], ["a\\"], "Zulu", "localtime", ".nan", float("nan"), 99999,
    [], {}, [None], [[]], {"x": None}, {"": ""}, {"kind": "disk"}, ["/srv"], ["srv"], {"all": "1d"},
)  # fmt: skip
KEYS = (
    "",
    "no",
    "1",
    "policy_host",
    "policy__host",
    "policy__all",
    "policy__servers",
    "kind",
    "options",
    "hosts",
    "x.y",
)


def files_of(inventory: Path) -> Files:
    """Return the files of an inventory that people write."""
    found = (path for path in sorted(inventory.rglob("*")) if path.is_file() and not path.name.startswith("."))
    return {str(path.relative_to(inventory)): path.read_bytes() for path in found if path.name not in OTHER_FILES}


def write(files: Mapping[str, bytes], inventory: Path) -> None:
    for name, content in files.items():
        path = inventory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def mutated(files: Files, chance: Random) -> Files:
    """Return files to which one to three things were done."""
    changed = dict(files)
    for _ in range(chance.choice((1, 1, 2, 3))):
        chance.choice(MUTATIONS)(changed, chance)
    return changed


def _name(files: Files, chance: Random) -> str:
    return chance.choice(sorted(files))


# Of texts, as an editor or a hand that slips changes them.


def _lines(change: Callable[[list[str], int, Random], None]) -> Mutation:
    """Return the mutation that does something to one line of one file."""

    def mutation(files: Files, chance: Random) -> None:
        name = _name(files, chance)
        lines = files[name].decode("utf-8", "surrogateescape").splitlines(keepends=True)
        if lines:
            change(lines, chance.randrange(len(lines)), chance)
            files[name] = "".join(lines).encode("utf-8", "surrogateescape")

    return mutation


def _without_line(lines: list[str], number: int, _: Random) -> None:
    del lines[number]


def _line_twice(lines: list[str], number: int, chance: Random) -> None:
    lines.insert(chance.randrange(len(lines) + 1), lines[number])


def _lines_swapped(lines: list[str], number: int, chance: Random) -> None:
    other = chance.randrange(len(lines))
    lines[number], lines[other] = lines[other], lines[number]


def _indented(lines: list[str], number: int, chance: Random) -> None:
    for at in range(number, min(len(lines), number + chance.choice((1, 1, 3, 8)))):
        lines[at] = " " * chance.choice((1, 2, 4)) + lines[at]


def _outdented(lines: list[str], number: int, chance: Random) -> None:
    spaces = chance.choice((1, 2, 4))
    for at in range(number, min(len(lines), number + chance.choice((1, 1, 3, 8)))):
        lines[at] = lines[at].removeprefix(" " * spaces)


def _character_more(lines: list[str], number: int, chance: Random) -> None:
    at = chance.randrange(len(lines[number]))
    lines[number] = lines[number][:at] + chance.choice(CHARACTERS) + lines[number][at:]


def _character_less(lines: list[str], number: int, chance: Random) -> None:
    at = chance.randrange(len(lines[number]))
    lines[number] = lines[number][:at] + lines[number][at + 1 :]


def _character_other(lines: list[str], number: int, chance: Random) -> None:
    at = chance.randrange(len(lines[number]))
    lines[number] = lines[number][:at] + chance.choice(CHARACTERS) + lines[number][at + 1 :]


def _cut_short(lines: list[str], number: int, chance: Random) -> None:
    lines[number] = lines[number][: chance.randrange(len(lines[number]) + 1)]
    del lines[number + 1 :]


def _recoded(files: Files, chance: Random) -> None:
    name = _name(files, chance)
    encoding = chance.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp1250", "latin-1"))
    text = files[name].decode("utf-8", "replace").replace("e", "é", chance.randrange(3))
    files[name] = text.encode(encoding, "replace")


def _line_ends(files: Files, chance: Random) -> None:
    name = _name(files, chance)
    files[name] = files[name].replace(b"\n", chance.choice((b"\r\n", b"\r", b"")))


# Of trees, as somebody changes them who writes YAML without a slip.


def _tree(change: Callable[[Any, list[tuple[Any, Any]], Random], None]) -> Mutation:
    """Return the mutation that does something to one of the places, parent and key, of one file's tree."""

    def mutation(files: Files, chance: Random) -> None:
        name = _name(files, chance)
        tree = loaded(files[name])
        if places := list(_places(tree)):
            change(tree, places, chance)
            files[name] = dumped(tree)

    return mutation


def loaded(content: bytes) -> Any:
    """Return what YAML a file holds; None for one that is none."""
    try:
        return yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeError, ValueError, TypeError, RecursionError):
        return None


def dumped(tree: Any) -> bytes:
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False).encode("utf-8", "surrogateescape")


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    keys = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in list(keys):
        yield tree, key
        yield from _places(tree[key])


def _key_less(_: Any, places: list[tuple[Any, Any]], chance: Random) -> None:
    parent, key = chance.choice(places)
    del parent[key]


def _key_other(_: Any, places: list[tuple[Any, Any]], chance: Random) -> None:
    parent, key = chance.choice(places)
    if isinstance(parent, dict):
        at = chance.randrange(len(str(key)) + 1)
        slip = str(key)[:at] + chance.choice("aehst_-9ü ") + str(key)[at + chance.randrange(2) :]
        parent[chance.choice((slip, slip, *KEYS))] = parent.pop(key)


def _value_other(_: Any, places: list[tuple[Any, Any]], chance: Random) -> None:
    parent, key = chance.choice(places)
    parent[key] = chance.choice(ODD)


def _values_swapped(_: Any, places: list[tuple[Any, Any]], chance: Random) -> None:
    (one, key), (other, word) = chance.choice(places), chance.choice(places)
    value = one[key]
    if not any(part is value or part is one for part in _below(other[word])):
        one[key], other[word] = (other[word], value) if not _inside(other, value) else (value, other[word])


def _below(tree: Any) -> Iterator[Any]:
    yield tree
    for parent, key in _places(tree):
        yield parent[key]


def _inside(tree: Any, above: Any) -> bool:
    return any(part is tree for part in _below(above))


def _block_twice(_: Any, places: list[tuple[Any, Any]], chance: Random) -> None:
    parent, key = chance.choice(places)
    if isinstance(parent, dict):
        parent[f"{key}{chance.choice(('2', '_b', '-b', ' '))}"] = parent[key]
    else:
        parent.append(parent[key])


def _other_kind(_: Any, places: list[tuple[Any, Any]], chance: Random) -> None:
    parent, key = chance.choice(places)
    value = parent[key]
    parent[key] = chance.choice(
        ([value], {"x": value}, str(value), [*value] if isinstance(value, dict) else [value, value])
    )


# Of files and folders.


def _block_moved(files: Files, chance: Random) -> None:
    """Take a block out of one file, and write it into another."""
    name, other = _name(files, chance), _name(files, chance)
    tree, target = loaded(files[name]), loaded(files[other])
    places = [place for place in _places(tree) if isinstance(place[0], dict)]
    targets = [place[0][place[1]] for place in _places(target) if isinstance(place[0][place[1]], dict)]
    if name != other and places and targets:
        parent, key = chance.choice(places)
        chance.choice(targets)[key] = parent[key]
        if chance.randrange(2):
            del parent[key]
        files[name], files[other] = dumped(tree), dumped(target)


def _file_moved(files: Files, chance: Random) -> None:
    name = _name(files, chance)
    folders, _, last = name.rpartition("/")
    near = [
        f"{folders}x/{last}",
        f"{folders}/x{last}",
        last,
        f"{name}.bak",
        f"{folders}/{last.removesuffix('.yml')}.txt",
    ]
    far = [f"host_vars/{host}/zz.yml" for host in ("his1", "drill1", "nobody")] + ["group_vars/all/zz.yml"]
    files[chance.choice([*near, *far])] = files.pop(name) if chance.randrange(2) else files[name]


def _file_empty(files: Files, chance: Random) -> None:
    files[_name(files, chance)] = chance.choice(
        (b"", b"---\n", b"# later\n", b"x", b"[]\n", b"{}\n", b"\xff\xfe", b"- a\n")
    )


def _host_renamed(files: Files, chance: Random) -> None:
    """Call a host by another name wherever a word of one file calls it."""
    name = _name(files, chance)
    old = chance.choice((b"his1", b"backup1", b"drill1", b"offsite1", b"primary", b"offsite", b"dba"))
    new = chance.choice((b"his2", b"backup1", b"drill1", b"his_1", b"h\xc3\xads1", b"2001:db8::1", b"1", b"a.b", b"-"))
    files[name] = files[name].replace(old, new)


LINES = (
    _without_line, _line_twice, _lines_swapped, _indented, _outdented, _character_more, _character_more,
    _character_less, _character_other, _cut_short,
)  # fmt: skip
TREES = (
    _key_less,
    _key_other,
    _key_other,
    _value_other,
    _value_other,
    _value_other,
    _values_swapped,
    _block_twice,
    _other_kind,
)
MUTATIONS: tuple[Mutation, ...] = (
    *(_lines(change) for change in LINES), *(_tree(change) for change in TREES),
    _recoded, _line_ends, _block_moved, _block_moved, _file_moved, _file_empty, _host_renamed,
)  # fmt: skip
