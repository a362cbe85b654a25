"""Sets as a machine may write them that somebody broke into: what the reader finds, and that it goes no further."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.core.errors import Damaged
from ops.jobs.host.repositories import OpenRepository
from ops.jobs.restore import material
from ops.restic.repository import Repository
from ops.restic.sets import Set, sets, tags

pytestmark = pytest.mark.usefixtures("deadline")
MINUTE = 60.0
KEPT = Path(__file__).parents[1] / "unit/interfaces/manifests/vendor.json"
SET = "d6d1a89e-0c9d-4032-91a2-11b020fa0527"
Make = Callable[[Path], None]


def document() -> dict[str, Any]:
    return json.loads(KEPT.read_text(encoding="utf-8"))


def write(told: object) -> Make:
    def fill(folder: Path) -> None:
        (folder / "manifest.json").write_text(json.dumps(told))

    return fill


def stored(repository: Repository, tmp_path: Path, make: Make, part: str = "export") -> Set:
    """Store a set whose manifest's folder somebody filled; return it."""
    folder, data = tmp_path / "sent", tmp_path / "data"
    folder.mkdir()
    make(folder)
    data.write_text("data")
    repository.backup_paths([str(data)], (), tags("vendor", SET, part), "pacs1", timeout=MINUTE)
    repository.backup_paths([str(folder)], (), tags("vendor", SET, "manifest", [part]), "pacs1", timeout=MINUTE)
    (found,) = sets(repository.snapshots())
    return found


def read(repository: Repository, which: Set, tmp_path: Path) -> object:
    return material.manifest(OpenRepository(repository, None), which, tmp_path / "manifest")  # type: ignore[arg-type]


def test_an_honest_one_is_read(repository: Repository, tmp_path: Path) -> None:
    found = stored(repository, tmp_path, write(document()))
    assert read(repository, found, tmp_path).parts.keys() == {"export"}


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "manifest.json")


def link(folder: Path) -> None:
    (folder / "real.json").write_text(json.dumps(document()))
    (folder / "manifest.json").symlink_to("real.json")


def endless(folder: Path) -> None:
    (folder / "manifest.json").symlink_to("/dev/zero")


def beside(folder: Path) -> None:
    write(document())(folder)
    (folder / "export-globals.sql").symlink_to("/etc/hostname")


def below(folder: Path) -> None:
    write(document())(folder)
    (folder / "export-folder").mkdir()
    (folder / "export-folder/file").write_text("more")


def odd(folder: Path) -> None:
    write(document())(folder)
    (folder / "export-a\nb").write_text("more")


@pytest.mark.parametrize("fill", [pipe, link, endless, beside, below, odd])
def test_nothing_but_plain_files_lies_in_a_manifests_folder(repository: Repository, tmp_path: Path, fill: Make) -> None:
    found = stored(repository, tmp_path, fill)
    with pytest.raises(Damaged, match=rf"^manifest\.json of set {SET} in primary: .*expected only plain files"):
        read(repository, found, tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"set": "another"}, "describes set another of vendor"),
        ({"asset": "his"}, f"describes set {SET} of his"),
        ({"version": 2}, "version: expected 1, found 2"),
        ({"parts": {"export": document()["parts"]["export"], "more": document()["parts"]["export"]}}, "not in the set"),
        ({"parts": {"../../x": document()["parts"]["export"]}}, "expected the label of a part"),
    ],
)
def test_a_manifest_that_says_something_else_is_refused(
    repository: Repository, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    found = stored(repository, tmp_path, write(document() | change))
    with pytest.raises(Damaged, match=words):
        read(repository, found, tmp_path)


def test_a_manifest_that_is_too_large_is_not_even_brought(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = stored(repository, tmp_path, write(document() | {"filler": "x" * 10_000}))
    monkeypatch.setattr(material, "LARGEST", 5_000)
    with pytest.raises(Damaged, match=r"and its texts have 1\d{4} bytes; expected at most 5000"):
        read(repository, found, tmp_path)
    assert not (tmp_path / "manifest").exists()


@pytest.mark.parametrize("part", ["/run/udev/rules.d", "../../x", "a\nb", "x" * 300])
def test_a_part_that_is_no_label_is_of_no_set(repository: Repository, tmp_path: Path, part: str) -> None:
    found = stored(repository, tmp_path, write(document()), part)
    assert found.parts.keys() == {"manifest"}
    assert not found.complete
    with pytest.raises(Damaged, match="has no complete set of vendor"):
        material.chosen(OpenRepository(repository, None), "vendor")  # type: ignore[arg-type]


def test_a_part_that_was_added_later_keeps_nobody_from_the_set(repository: Repository, tmp_path: Path) -> None:
    stored(repository, tmp_path, write(document()))
    repository.backup_paths([str(tmp_path / "data")], (), tags("vendor", SET, "more"), "pacs1", timeout=MINUTE)
    (found,) = sets(repository.snapshots())
    assert read(repository, found, tmp_path).parts.keys() == {"export"}
