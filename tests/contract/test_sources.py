"""What every kind of source keeps: a capture that fails leaves nothing, and damaged material fails its proof."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cluster_example import cluster, kept, sampled
from every_kind import decoded, every, example, nothing_left, passes

from ops.core import document, kinds
from ops.core.errors import SeawallError
from ops.core.names import TreePath
from ops.core.run import run
from ops.core.schema import encode
from ops.core.verdict import Finding
from ops.interfaces.damage import FileDamage
from ops.interfaces.facts import Facts
from ops.interfaces.source import Capture, CaptureContext, Paths, Source, Stored

KEPT = Path(__file__).parents[1] / "unit/interfaces/manifests"
Material = tuple[Path, Facts]


@dataclass(frozen=True)
class Example:
    """How a kind is tried.

    nowhere: options that lead to what is not there; the search path leads nowhere, too.
    made: makes material as a repository gives it back, in a folder; with its facts.
    wanted: options for what `made` takes from a folder, where a capture costs nothing; None for a server's data.
    every_byte: whether `check` alone notices each flipped bit; a database's dump is proven by loading it.
    readable: whether what `made` makes by hand is all that the check reads; a real dump of PostgreSQL needs its server.
    """

    nowhere: dict[str, Any]
    made: Callable[[Path], Material]
    wanted: Callable[[Path], dict[str, Any]] | None = None
    every_byte: bool = True
    readable: bool = True


def data(place: Path) -> Path:
    """Return a folder with data of every kind that can be made without a server."""
    place.mkdir()
    for number in range(3):
        (place / f"{number}.txt").write_bytes(bytes(range(256)) * 8)
    with closing(sqlite3.connect(place / "his.sqlite")) as database:
        database.execute("create table visits (id integer primary key, text)")
        database.executemany("insert into visits values (?, ?)", [(row, f"visit {row}") for row in range(500)])
        database.commit()
    return place


def taken(kind: str) -> Callable[[Path], Material]:
    """Return a function that takes real data as the backup does, and lays them out as a restore does."""

    def make(place: Path) -> Material:
        source: Source[Any, Any] = kinds.load("ops.sources", kind)
        folder = place / "restored"
        folder.mkdir()
        assert EXAMPLES[kind].wanted
        options = decoded(kind, source.options, **EXAMPLES[kind].wanted(data(place / "data")))
        with source.capture(options, CaptureContext(place / "scratch")) as capture:
            return folder, finished(capture, folder, source.facts)

    return make


def finished(capture: Capture[Any], folder: Path, kind: type[Facts]) -> Facts:
    """Do what a repository does with the material; return the facts as a manifest gives them back."""
    material, facts = capture.material(), capture.facts()
    stored: dict[Path, Path] = {}
    if isinstance(material, Paths):
        found = [path for start in material.paths for path in (Path(start), *Path(start).rglob("*"))]
        root = material.root or "/"
        stored = {path: folder / path.relative_to(root) for path in found if path.is_file()}
        for path, copy in stored.items():
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    else:
        run(["sh", "-c", 'exec "$@" >"$0"', folder / material.filename, *material.argv], timeout=60)
        stored = {folder / material.filename: folder / material.filename}
    looks = {str(path): (path.stat().st_size, path.stat().st_mtime_ns // 1000) for path in stored}
    size = sum(copy.stat().st_size for copy in stored.values())
    done = capture.finish(facts, Stored(len(stored), size, looks))
    return document.decode(kind, json.loads(json.dumps(encode(done))), "manifest.json")


def dumped(manifest: str, label: str, begin: bytes, end: bytes) -> Callable[[Path], Material]:
    """Return a function that makes a dump of the size that a manifest tells."""

    def make(place: Path) -> Material:
        told: Any = kept(manifest, label).facts
        file = place / "restored" / getattr(told, "dump", "database.sql")
        file.parent.mkdir()
        file.write_bytes(begin + bytes(told.dump_bytes - len(begin) - len(end)) + end)
        return file.parent, told

    return make


def machine(place: Path) -> Material:
    """Make the least of a machine's files, each of them sampled."""
    from ops.sources.machine import LEAST

    folder = place / "restored"
    files = {name: folder / name for name in LEAST}
    for name, path in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"the content of {name}")
    sample = {TreePath(f"/{name}"): sampled(path) for name, path in files.items()}
    return folder, replace(kept("his1_server", "tree").facts, sample=sample, enabled_units=())


EXAMPLES = {
    "command": Example(
        nowhere={"argv": ["/nowhere/at/all"]},
        made=taken("command"),
        wanted=lambda data: {"argv": ["/bin/cat", str(data / "0.txt")]},
    ),
    "files": Example(
        nowhere={"paths": ["/nowhere/at/all"]},
        made=taken("files"),
        wanted=lambda data: {"paths": [str(data)]},
    ),
    "machine": Example(nowhere={"filesystems": ["/", "/nowhere/at/all"]}, made=machine),
    "mariadb": Example(
        nowhere={"socket": "/nowhere/at/all.sock"},
        made=dumped("lab", "database.lab", b"-- MariaDB dump\n", b"\n-- Dump completed\n"),
        every_byte=False,
    ),
    "postgresql": Example(
        nowhere={"socket": "/nowhere/at/all"},
        made=dumped("his", "database", b"PGDMP", b""),
        every_byte=False,
        readable=False,
    ),
    "postgresql_cluster": Example(nowhere={"socket": "/nowhere/at/all"}, made=cluster),
    "sqlite": Example(
        nowhere={"path": "/nowhere/at/all.sqlite"},
        made=taken("sqlite"),
        wanted=lambda data: {"path": str(data / "his.sqlite")},
    ),
}
KINDS = every("ops.sources")
CAPTURED = [kind for kind in KINDS if kind not in EXAMPLES or EXAMPLES[kind].wanted]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def source(kind: str) -> Source[Any, Any]:
    return kinds.load("ops.sources", kind)


@pytest.fixture
def made(kind: str, tmp_path: Path) -> Material:
    return example(EXAMPLES, kind, f"EXAMPLES in {__file__}").made(tmp_path)


def proof(source: Source[Any, Any], folder: Path, facts: Facts) -> Sequence[Finding]:
    """Return what is found; what cannot even be looked at is no finding."""
    try:
        return [finding for _, finding in source.check(folder, facts, ())]
    except (SeawallError, OSError):
        return []


def files(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_capture_of_what_is_not_there_fails_and_leaves_nothing(
    kind: str, source: Source[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = decoded(kind, source.options, **example(EXAMPLES, kind, f"EXAMPLES in {__file__}").nowhere)
    monkeypatch.setenv("PATH", str(tmp_path))
    scene = CaptureContext(tmp_path / "scratch")
    with nothing_left(scene.scratch), pytest.raises((SeawallError, OSError)):
        with source.capture(options, scene) as capture:
            capture.material()
            capture.facts()


@pytest.mark.parametrize("kind", CAPTURED)
def test_a_capture_that_is_broken_off_leaves_nothing(kind: str, source: Source[Any, Any], tmp_path: Path) -> None:
    wanted = example(EXAMPLES, kind, f"EXAMPLES in {__file__}").wanted
    assert wanted
    options = decoded(kind, source.options, **wanted(data(tmp_path / "data")))
    scene = CaptureContext(tmp_path / "scratch")
    before = {path: path.read_bytes() for path in files(tmp_path / "data")}
    with nothing_left(scene.scratch), pytest.raises(KeyboardInterrupt):
        with source.capture(options, scene):
            raise KeyboardInterrupt
    assert {path: path.read_bytes() for path in files(tmp_path / "data")} == before


def test_what_was_taken_passes(kind: str, source: Source[Any, Any], made: Material) -> None:
    """Else no damage could be told from it."""
    assert passes(proof(source, *made)) == EXAMPLES[kind].readable


def test_nothing_is_no_proof(source: Source[Any, Any], made: Material, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert not passes(proof(source, tmp_path / "empty", made[1]))
    assert not passes(proof(source, tmp_path / "not there", made[1]))


def test_what_was_cut_off_fails(source: Source[Any, Any], made: Material) -> None:
    for path in files(made[0]):
        whole = path.read_bytes()
        for left in (0, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:left])
            assert not passes(proof(source, *made)), f"{path.name} was cut to {left} of {len(whole)} bytes"
        path.write_bytes(whole)


def test_each_flipped_bit_is_noticed(kind: str, source: Source[Any, Any], made: Material) -> None:
    if not EXAMPLES[kind].every_byte:
        assert source.database, "a kind whose check does not read every byte is proven in a server"
        return
    for path in files(made[0]):
        whole = path.read_bytes()
        for place in (0, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            assert not passes(proof(source, *made)), f"a bit of {path.name} was flipped at {place}"
        path.write_bytes(whole)


def test_material_of_another_set_fails(source: Source[Any, Any], made: Material) -> None:
    for path in files(made[0]):
        path.write_bytes(b"something else")
    assert not passes(proof(source, *made))


def test_every_damage_that_it_offers_does_what_it_says(
    kind: str, source: Source[Any, Any], made: Material, tmp_path: Path
) -> None:
    """Each changes what was restored and says so, or says that there is nothing of that sort."""
    assert source.damages, "a kind that cannot be hurt on purpose cannot be drilled"
    for name, damage in source.damages.items():
        if not isinstance(damage, FileDamage) or damage.moment != "material":
            continue
        again = tmp_path / name
        again.mkdir()
        folder, facts = EXAMPLES[kind].made(again)
        before = looks(folder)
        assert bool(damage.act(folder, facts, Random(1))) == (looks(folder) != before), name


def looks(folder: Path) -> dict[str, Any]:
    """Return all that can be seen of the files in a folder."""
    seen = {path: path.lstat() for path in folder.rglob("*") if not path.is_dir()}
    return {
        str(path): (look.st_mode, look.st_uid, look.st_mtime_ns, "" if path.is_symlink() else path.read_bytes())
        for path, look in seen.items()
    }


def test_nothing_is_hurt_where_nothing_is(source: Source[Any, Any], made: Material, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name, damage in source.damages.items():
        if isinstance(damage, FileDamage) and damage.moment == "material":
            assert not damage.act(tmp_path / "empty", made[1], Random(1)), name


def test_what_it_covers_is_named_as_gaps_names_it(kind: str, source: Source[Any, Any]) -> None:
    sorts = {*every("ops.gaps")}
    for name in source.covers(decoded(kind, source.options)):
        assert name.partition(":")[0] in sorts, f"{name}: `seawall gaps` finds nothing of that name"


def test_one_thing_is_one_part(kind: str, source: Source[Any, Any]) -> None:
    options = decoded(kind, source.options)
    assert source.parts is None or source.parts(options) == {"": options}
