"""What earlier releases wrote is read, and what a hostile manifest can do is an error that names file and path."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ops.core.errors import Damaged
from ops.interfaces.manifest import LIMITS, VERSION, Manifest, read

KEPT = sorted((Path(__file__).parent / "manifests").glob("*.json"))
FILE = "manifest.json of set 1"
MUTATIONS = 150
# Keys that lack in the manifest of an early release, for what they keep was looked at later.
LATER = {
    "command": {"sha256"},
    "files": {"names_not_utf8", "changed_while_read"},
    "machine": {"enabled_units", "clusters"},
    "mariadb": {"content", "rights", "approximate"},
    "postgresql": {
        *("content", "dump", "role_attributes", "invalid_indexes"),
        *("provider", "owner", "locale", "settings", "grants", "public"),
    },
    "sqlite": {"sha256", "strangers"},
}


def kept(name: str) -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "manifests" / f"{name}.json").read_text(encoding="utf-8"))


def told(document: object) -> Manifest:
    return read(json.dumps(document).encode(), FILE)


def said(value: Any) -> Any:
    """What a document says: nothing is as much as a key that is not there."""
    if isinstance(value, dict):
        return {name: said(part) for name, part in value.items() if part is not None}
    return value


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_a_kept_manifest_is_read_and_nothing_of_it_is_lost(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    found = read(path.read_bytes(), FILE)
    again = json.loads(found.text())
    assert read(found.text().encode(), FILE) == found
    assert again.keys() == document.keys()
    for label, part in document["parts"].items():
        assert said(again["parts"][label]) == said(part)


def test_every_kind_is_among_the_kept() -> None:
    kinds = {part["kind"] for path in KEPT for part in json.loads(path.read_text())["parts"].values()}
    assert kinds == {"command", "files", "machine", "mariadb", "postgresql", "sqlite"}


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_what_came_later_may_be_missing(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    for part in document["parts"].values():
        for name in LATER[part["kind"]]:
            part.pop(name, None)
        if "completes" in part:
            continue
        for sort in part.get("structure", {}).values():
            sort.pop("objects")
        del part["material"]
    assert told(document).parts.keys() == document["parts"].keys()


def test_what_completes_a_machine_has_facts_of_its_own() -> None:
    parts = told(kept("his1_server")).parts
    assert parts["tree.log"].completes == "tree"
    assert parts["tree.log"].facts.file_count == 2
    cluster = parts["tree"].facts.clusters["5432"]
    assert cluster.databases["his"].comes_back_empty == ("public.scratch_pad",)
    assert parts["tree"].source.machine.databases(parts["tree"].facts) == [f"5432/{name}" for name in cluster.databases]


def test_what_a_backup_tells_is_counted() -> None:
    found = {name: told(kept(name)).parts for name in ("his", "lab", "letters")}
    assert found["his"]["database"].facts.row_count == 57
    assert found["his"]["database"].facts.database_name == "his"
    assert found["his"]["documents"].facts.file_count == 7
    assert found["lab"]["database.lab"].facts.row_count == 8
    assert "accepted: moved to the archive" in found["letters"]["documents"].facts.warnings[0]


def test_what_a_set_lacks_is_kept_with_its_reason() -> None:
    document = kept("vendor") | {"missing": {"database.lis": "no rights"}, "left_out": ["lost+found is no database"]}
    again = told(json.loads(told(document).text()))
    assert (again.missing, again.left_out) == ({"database.lis": "no rights"}, ("lost+found is no database",))
    assert "missing" not in json.loads(told(kept("vendor")).text())


@pytest.mark.parametrize("version", [VERSION + 1, 999, 0, "1", True, None, 1.0])
def test_another_version_is_refused_by_its_number(version: object) -> None:
    with pytest.raises(Damaged) as failure:
        told(kept("his") | {"version": version})
    expected = version if type(version) is int else "none"
    assert failure.value.message == f"{FILE}: version: expected {VERSION}, found {expected}"
    assert ("install" in failure.value.hint) == (type(version) is int and version > VERSION)


LABELS = ["/etc", "../../x", "a/b", "..", "", "a\nb", "a\x1b[2J", "a\0", "x" * 300, "manifest", "a..b", "-rf"]


@pytest.mark.parametrize("label", LABELS)
def test_a_label_that_could_be_a_path_is_refused_at_the_border(label: str) -> None:
    document = kept("vendor")
    document["parts"] = {label: document["parts"]["export"]}
    refused(document, "parts")


def change(document: dict[str, Any], path: str, value: object) -> None:
    *way, last = path.split("/")
    for step in way:
        document = document[step]
    document[last] = value


@pytest.mark.parametrize(
    ("name", "path", "value", "words"),
    [
        ("vendor", "parts/export/filename", "/etc/shadow", "parts.export.filename: expected the name of a file"),
        ("vendor", "parts/export/filename", "..", "parts.export.filename: expected the name of a file"),
        ("vendor", "parts/export/material", {"stream": "a/b"}, "parts.export.material.stream: expected the name"),
        ("vendor", "parts/export/material", {"root": "../x"}, "parts.export.material: expected either"),
        ("vendor", "parts/export/kind", "_shared", "parts.export.kind: unknown kind '_shared'"),
        ("vendor", "parts/export/kind", "os.path", "parts.export.kind: expected a name"),
        ("vendor", "parts/export/kind", "files", "parts.export.filename: unknown key"),
        ("vendor", "parts/export/completes", "export", "parts.export.completes: expected the label of another"),
        ("vendor", "parts/export/completes", "../x", "parts.export.completes: expected the label of another"),
        ("vendor", "parts/export/completes", {}, "parts.export.completes: expected the label of another"),
        ("vendor", "parts/export/completes", ["x"], "parts.export.completes: expected the label of another"),
        ("vendor", "parts/export/sha256", "x", "parts.export.sha256: expected a SHA-256"),
        ("vendor", "parts/export/bytes", "1892", "parts.export.bytes: expected a whole number, found '1892'"),
        ("vendor", "parts/export", 7, "parts.export: expected a mapping"),
        ("vendor", "set", "../../x", "set: expected the identity of a set"),
        ("vendor", "asset", "a/b", "asset: expected a name"),
        ("vendor", "host", "a/b", "host: expected the name of a host"),
        ("vendor", "taken", "yesterday", "taken: expected a moment"),
        ("vendor", "ledger", {"n": 1, "sha256": "x"}, "ledger.sha256: expected a SHA-256"),
        ("vendor", "more", 1, "more: unknown key 'more'"),
        ("vendor", "missing", {"export": "no rights"}, "missing.export: expected a part that is not there"),
        ("vendor", "missing", {"../x": "no rights"}, "missing.../x: expected the label of a part"),
        ("vendor", "left_out", "lost+found", "left_out: expected a list"),
        ("his", "parts/database/dump", "../x", "parts.database.dump: unknown value '../x'; expected one of"),
        ("his", "parts/database/rows/clinic.wards", None, "parts.database.rows.clinic.wards: expected a whole number"),
        (
            "his",
            "parts/database/content/clinic.wards",
            {"digest": "1", "slices": 0},
            "content.clinic.wards: expected sl",
        ),
        ("his", "parts/database/major", "15; rm", "parts.database.major: expected a whole number, found '15; rm'"),
        (
            "his",
            "parts/documents/sample",
            {"/srv/../etc/shadow": {}},
            "sample./srv/../etc/shadow: expected an absolute path",
        ),
        ("his", "parts/documents/completes", "database", "parts.documents.completes: expected none"),
        (
            "his1_server",
            "parts/tree/clusters/5432/data",
            "/srv/../etc",
            "5432.data: expected an absolute path",
        ),
        ("his1_server", "parts/tree/clusters/5432/target", "x'", "5432.target: expected the name of a restore point"),
        ("his1_server", "parts/tree/clusters", {"x": 1}, "parts.tree.clusters.x: expected a mapping, found int 1"),
        ("his1_server", "parts/tree.log/log", {"/a/../b": 1}, "parts.tree.log.log./a/../b: expected an absolute path"),
        ("his1_server", "parts/tree.log/completes", "tree.log", "parts.tree.log.completes: expected the label"),
        ("pharmacy", "parts/database/page_size", 0, "page_size: expected 1 or more, found 0"),
        ("pharmacy", "parts/database/mode", "u+s", "parts.database.mode: expected the mode of a file"),
        ("lab", "parts/database.lab/release", "10.x", "release: expected two numbers"),
    ],
)
def test_what_a_hostile_manifest_may_say_is_told_by_file_and_path(
    name: str, path: str, value: object, words: str
) -> None:
    document = kept(name)
    change(document, path, value)
    refused(document, words)


def refused(document: object, words: str) -> None:
    with pytest.raises(Damaged) as failure:
        told(document)
    assert failure.value.message.startswith(f"{FILE}: ")
    assert words in failure.value.message
    assert "\x1b" not in failure.value.message
    assert len(failure.value.message) < 2000


@pytest.mark.parametrize("content", [b"null", b"5", b"[1]", b'"x"', b"{}", b"", b"\xff", b"[" * 100_000])
def test_what_is_no_manifest_is_an_error_that_names_it(content: bytes) -> None:
    with pytest.raises(Damaged, match=f"^{FILE}"):
        read(content, FILE)


def test_a_manifest_with_more_than_may_be_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json, "loads", lambda *_words, **_more: pytest.fail("it was parsed"))
    with pytest.raises(Damaged, match=f"entries; expected at most {LIMITS.entries}"):
        read(b"[" + b"1," * (LIMITS.entries + 1) + b"1]", FILE)


JUNK: tuple[object, ...] = (
    *(None, True, -1, 0, 1 << 62, 1.5, "", "x", "../..", "\x1b[2J", "\0", "x" * 5000),
    *([], [[]], ["x", 1], {}, {"": {}}, {"../x": None}, {"x" * 300: {"y": []}}),
)


def nodes(value: Any, way: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    yield way
    if isinstance(value, (dict, list)):
        for step in value if isinstance(value, dict) else range(len(value)):
            yield from nodes(value[step], (*way, step))


def replaced(parent: Any, step: Any, chance: Random) -> None:
    parent[step] = chance.choice(JUNK)


def removed(parent: Any, step: Any, _chance: Random) -> None:
    del parent[step]


def renamed(parent: Any, step: Any, chance: Random) -> None:
    value = parent[step]
    del parent[step]
    if isinstance(parent, dict):
        parent[str(chance.choice(JUNK))] = value


MUTATED: tuple[Callable[[Any, Any, Random], None], ...] = (replaced, replaced, removed, renamed)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_no_change_of_a_manifest_gets_past_its_types(path: Path) -> None:
    original = path.read_text(encoding="utf-8")
    ways = [way for way in nodes(json.loads(original)) if way]
    chance = Random(path.stem)
    refusals = 0
    for _ in range(MUTATIONS):
        document = json.loads(original)
        *way, last = chance.choice(ways)
        parent = document
        for step in way:
            parent = parent[step]
        chance.choice(MUTATED)(parent, last, chance)
        try:
            found = told(document)
        except Damaged as error:
            refusals += 1
            assert error.message.startswith(FILE)
            assert all(letter.isprintable() or letter == "\n" for letter in error.message)
        else:
            assert read(found.text().encode(), FILE) == found
    assert refusals > MUTATIONS // 4
