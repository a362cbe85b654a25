"""The numbers that packs bring, read from their files; whoever calls brings the reader of YAML, which no server has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.core.document import read_file
from ops.core.errors import Damaged, Problem
from ops.core.kinds import nearest
from ops.core.schema import collect
from ops.policy.keys import declared

SHIPPED = Path(__file__).resolve().parents[1] / "packs"
MOST_BYTES = 4 << 20  # of a pack's file
ELSEWHERE = re.compile(r"(^/)|(^|/)\.\.(/|$)")
_LAYER = "policy__"

Variables = Mapping[str, Mapping[str, Any]]
Parse = Callable[[bytes], Any]  # raises ValueError with where and why


@dataclass(frozen=True)
class PackDefault:
    """A number that a pack brings into the policy.

    value: as the policy would write it; clause: the clause that demands it.
    """

    value: Any
    clause: str


@dataclass(frozen=True)
class Offer:
    """What a pack brings. defaults: by keys of the policy; problems: what is wrong with its file."""

    defaults: Mapping[str, PackDefault] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


Offers = Mapping[str, Offer]


def shipped() -> list[str]:
    """Return the names of the packs that come with Seawall."""
    return sorted(path.stem for path in SHIPPED.glob("*.yml"))


def offers(variables: Variables, base: Path, parse: Parse) -> dict[str, Offer]:
    """Return what each pack brings that the variables of some hosts turn on, by its name.

    base: the folder of the inventory, from which a site's own packs are named.
    """
    files = dict(_turned_on(variables))
    return {name: _offer(name, file, base, parse) for name, file in sorted(files.items()) if not ELSEWHERE.search(file)}


def tree(name: str, file: str, base: Path, parse: Parse, found: list[Problem]) -> Mapping[str, Any] | None:
    """Return the content of a pack's file; None where it can't be read, with the reason added to a list."""
    if not file and name not in shipped():
        what = f"no pack {name!r} is shipped{nearest(name, shipped())}; shipped: {', '.join(shipped())}"
        found.append(Problem(f"policy.packs.{name}", f"{what}; one of your own needs `file`"))
        return None
    return content(base / file if file else SHIPPED / f"{name}.yml", parse, found)


def content(path: Path, parse: Parse, found: list[Problem]) -> Mapping[str, Any] | None:
    """Return what is in a file that is to be a pack; None where it is none, with the reason added to a list."""
    try:
        if not path.exists():
            found.append(Problem(path.name, f"there is no file {path}"))
            return None
        read = parse(read_file(path, MOST_BYTES, path.name))
    except (Damaged, OSError, RecursionError, ValueError) as error:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        found.append(Problem(path.name, f"is not readable as YAML: {why}"))
        return None
    if not isinstance(read, Mapping):
        found.append(Problem(path.name, "is no mapping; docs/procedures.md shows a pack"))
        return None
    return read


def wrong(defaults: Mapping[str, PackDefault], clauses: Mapping[str, Any], file: str) -> Iterator[Problem]:
    """Yield what is wrong with the numbers of a pack: keys that the policy has not, values that it can't have."""
    for key, default in defaults.items():
        at = f"{file}.defaults.{key}"
        known = declared(key)
        if known is None:
            yield Problem(at, f"the policy has no key {key!r}; docs/policy.md names its keys")
            continue
        found: list[Problem] = []
        collect(known.kind, default.value, f"{at}.value", found)
        yield from found
        if default.clause not in clauses:
            near = nearest(default.clause, list(clauses))
            yield Problem(f"{at}.clause", f"the pack has no clause {default.clause!r}{near}")


def _turned_on(variables: Variables) -> Iterator[tuple[str, str]]:
    layers = (tree for said in variables.values() for name, tree in said.items() if name.startswith(_LAYER))
    for layer in layers:
        packs = layer.get("packs") if isinstance(layer, Mapping) else None
        for name, use in packs.items() if isinstance(packs, Mapping) else ():
            file = use.get("file", "") if isinstance(use, Mapping) else ""
            if isinstance(file, str):
                yield str(name), file


def _offer(name: str, file: str, base: Path, parse: Parse) -> Offer:
    found: list[Problem] = []
    read = tree(name, file, base, parse, found)
    if read is None:
        return Offer(problems=tuple(found))
    at = file or f"{name}.yml"
    clauses = read.get("clauses")
    defaults: Mapping[str, PackDefault] | None = collect(
        Mapping[str, PackDefault], read.get("defaults") or {}, f"{at}.defaults", found
    )
    if defaults is None or found:
        return Offer(problems=tuple(found))
    numbers = {str(number): None for number in clauses} if isinstance(clauses, Mapping) else {}
    found += wrong(defaults, numbers, at)
    return Offer({} if found else defaults, tuple(found))
