"""What sources take: none of it twice, none inside another, no pattern that leaves out everything."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from ops.core import kinds
from ops.core.errors import Problem, UsageError
from ops.interfaces.discovery import PATH, answers
from ops.interfaces.source import Source
from ops.policy.model import Asset, SourceSpec
from ops.policy.rules.gap_names import meaningless
from ops.sources._shared.exclude import demand_some_left, left_out

_NOT_DATA = ("/proc", "/sys", "/run")  # what a running system makes anew
_SERVERS = {"/var/lib/postgresql": "postgresql", "/var/lib/mysql": "mariadb"}  # where Debian's servers keep their data


def kind_of(spec: SourceSpec) -> Source[Any, Any] | None:
    """Return the kind of a source; None where it is not known, or its options are wrong."""
    if spec.kind not in kinds.kinds("ops.sources"):
        return None
    kind: Source[Any, Any] = kinds.load("ops.sources", spec.kind)
    return kind if isinstance(spec.options, kind.options) else None


def covered(spec: SourceSpec) -> list[str]:
    """Return what a source protects, as `seawall gaps` names it; nothing where its kind or options are wrong."""
    kind = kind_of(spec)
    return [*kind.covers(spec.options)] if kind else []


def apart(asset: Asset) -> list[tuple[str, SourceSpec]]:
    """Return the sources whose data no other asset should take: all but the files that a machine's set has once more.

    They are taken after the machine, so that its databases' rows find the files that they name.
    """
    whole = any((kind := kind_of(spec)) and kind.machine for spec in asset.sources.values())
    return [(label, spec) for label, spec in asset.sources.items() if not (whole and spec.kind == "files")]


def judge(path: str, asset: Asset) -> Iterator[Problem]:
    """Yield what is wrong with what the sources of one asset take."""
    for name, spec in asset.sources.items():
        if kind := kind_of(spec):
            yield from _options(f"{path}.sources.{name}.options", spec, kind)
    for (first, one), (name, other) in itertools.combinations(asset.sources.items(), 2):
        for thing in both(one, other):
            message = f"takes {thing}, which the source {first} takes, too; remove one of the two"
            yield Problem(f"{path}.sources.{name}", message)
        for nested in nests(one, other):
            message = (
                f"{nested}, so that it is taken twice, here and by the source {first}; exclude it from one of them"
            )
            yield Problem(f"{path}.sources.{name}", message)


def overlaps(paths: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the number of each path that is there already, or lies in another one, and what to say of it."""
    for number, path in enumerate(paths):
        if path in paths[:number]:
            yield number, f"{path} is named twice; remove one"
        elif outer := next((other for other in paths if other != path and _inside(path, other)), ""):
            yield number, f"{path} lies in {outer}, which is taken anyway; remove it"


def is_of_files(spec: SourceSpec) -> bool:
    """Whether a source takes a server of databases by its files: a dump of them beside that is another way back."""
    kind = kind_of(spec)
    return bool(kind and kind.log)


def both(one: SourceSpec, other: SourceSpec) -> list[str]:
    """Return what two sources take both; all databases of a server are each of them."""
    if is_of_files(one) != is_of_files(other):
        return []
    pairs = itertools.product(covered(one), covered(other))
    return sorted({mine for mine, its in pairs if mine == its or _among(mine, its) or _among(its, mine)})


def _among(all_of: str, database: str) -> bool:
    return all_of.endswith("/*") and answers(all_of, database)


def nests(one: SourceSpec, other: SourceSpec) -> Iterator[str]:
    """Yield each folder of one source that lies in a folder of the other, which does not exclude it.

    A machine's file systems are taken without what is mounted below them, which another source may take.
    """
    kinds_of = (kind_of(one), kind_of(other))
    if any(kind is None or kind.machine for kind in kinds_of):
        return
    for outer, inner in ((one, other), (other, one)):
        passed = _passed(outer)
        for above, below in itertools.product(_folders(outer), _folders(inner)):
            if above != below and _inside(below, above) and not passed(below):
                yield f"{below} lies in {above}"


def holds(spec: SourceSpec, folder: str) -> str:
    """Return the folder of a source that takes another folder, too; nothing where none does, or it is left out.

    A machine's file systems are taken without what is mounted below them.
    """
    kind = kind_of(spec)
    if kind is None or kind.machine or _passed(spec)(folder):
        return ""
    return next((taken for taken in _folders(spec) if _inside(folder, taken)), "")


def of_servers(spec: SourceSpec) -> Iterator[tuple[str, str, str]]:
    """Yield the path, the folder and the kind of each server of databases whose files are taken as plain files."""
    if spec.kind != "files" or not kind_of(spec):
        return
    passed = _passed(spec)
    for (number, taken), (data, kind) in itertools.product(enumerate(_folders(spec)), _SERVERS.items()):
        if _inside(taken, data) or (_inside(data, taken) and not passed(data)):
            yield f"options.paths[{number}]", max(taken, data, key=len), kind


def _options(path: str, spec: SourceSpec, kind: Source[Any, Any]) -> Iterator[Problem]:
    folders = _folders(spec)
    if "paths" in vars(spec.options):
        if not folders:
            yield Problem(f"{path}.paths", "is empty; name at least one folder or file")
        for number, message in overlaps(folders):
            yield Problem(f"{path}.paths[{number}]", message)
    elif len({*folders}) < len(folders):
        yield Problem(path, "takes one folder twice; name each only once")
    if kind.machine is None:
        yield from _lasting(path, folders)
    yield from _patterns(path, spec, folders)


def _patterns(path: str, spec: SourceSpec, folders: Sequence[str]) -> Iterator[Problem]:
    for number, name in enumerate(getattr(spec.options, "covers", ())):
        if message := meaningless(name):
            yield Problem(f"{path}.covers[{number}]", message)
    try:
        demand_some_left(folders, getattr(spec.options, "exclude", ()))
    except UsageError as error:
        yield Problem(f"{path}.exclude", f"{error.message}; {error.hint}")


def _lasting(path: str, folders: Sequence[str]) -> Iterator[Problem]:
    for name in folders:
        if name == "/":
            yield Problem(path, "takes / with all that a running system makes anew; use the kind `machine`")
        elif name == "/dev" or any(_inside(name, folder) for folder in _NOT_DATA):
            yield Problem(path, f"{name} holds nothing that lasts; remove it")


def _passed(spec: SourceSpec) -> Any:
    try:
        return left_out(getattr(spec.options, "exclude", ()))
    except UsageError:
        return lambda _path: True  # which is a problem of its own


def _folders(spec: SourceSpec) -> list[str]:
    return [name.removeprefix(PATH) for name in covered(spec) if name.startswith(PATH)]


def _inside(inner: str, outer: str) -> bool:
    return PurePosixPath(inner).is_relative_to(outer)
