import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ops.core import clock
from ops.core.errors import Unavailable
from ops.lab import layers
from ops.lab.layers import KEPT, LASTS, Layers, name_of

NOON = datetime.fromisoformat("2026-11-26T12:00:00+00:00")


@pytest.fixture
def kept(tmp_path: Path) -> Layers:
    return Layers(tmp_path / "layers")


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch):
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


def disk(folder: Path) -> None:
    (folder / "his1").mkdir()
    (folder / "his1/disk").write_text("converged")


def folders(kept: Layers) -> set[str]:
    return {path.name for path in kept.home.iterdir() if path.is_dir()}


def test_what_was_kept_is_found_under_its_shape_and_no_other(kept: Layers):
    made = kept.keep({"roles": "a", "policy": "b"}, disk)
    assert made
    assert kept.find({"policy": "b", "roles": "a"}) == made
    assert (made / "his1/disk").read_text() == "converged"
    assert kept.find({"roles": "a", "policy": "c"}) is None
    assert kept.home.stat().st_mode & 0o77 == 0


def test_a_fill_that_fails_leaves_nothing(kept: Layers):
    def fails(folder: Path) -> None:
        disk(folder)
        raise Unavailable("the disk is full")

    with pytest.raises(Unavailable, match="full"):
        kept.keep({"roles": "a"}, fails)
    assert kept.find({"roles": "a"}) is None
    assert folders(kept) == set()


KILLED = """
import os, signal, sys
from pathlib import Path
from ops.lab.layers import Layers

def fill(folder):
    (folder / "half").touch()
    os.kill(os.getpid(), signal.SIGKILL)

Layers(Path(sys.argv[1])).keep({"roles": "a"}, fill)
"""


def test_a_fill_that_is_killed_never_counts_and_is_cleared_by_the_next(kept: Layers, checkout: Path):
    subprocess.run([sys.executable, "-c", KILLED, kept.home], check=False, cwd=checkout)
    (left,) = folders(kept)
    assert (kept.home / left / "half").exists()
    assert kept.find({"roles": "a"}) is None
    kept.keep({"roles": "b"}, disk)
    assert folders(kept) == {name_of({"roles": "b"})}
    assert kept.keep({"roles": "a"}, disk) == kept.find({"roles": "a"})


def test_what_somebody_is_just_filling_is_left_alone(kept: Layers):
    filling = kept.home / f"0123456789abcdef.{os.getppid()}.part"
    filling.mkdir(parents=True)
    kept.keep({"roles": "a"}, disk)
    assert filling.exists()


def test_a_layer_without_its_note_is_none(kept: Layers):
    made = kept.keep({"roles": "a"}, disk)
    assert made
    (made / layers.NOTE).write_text('{"version": 1, "ma')
    assert kept.find({"roles": "a"}) is None
    assert kept.keep({"roles": "a"}, disk) == kept.find({"roles": "a"})


def test_the_newest_are_kept_and_those_that_labs_lie_over(kept: Layers, at):
    shapes = [{"roles": str(number)} for number in range(KEPT + 2)]
    oldest = name_of(shapes[0])
    for minute, shape in enumerate(shapes):
        at(NOON + timedelta(minutes=minute))
        assert kept.keep(shape, disk, used=(oldest,) if minute else ())
    assert folders(kept) == {oldest, *(name_of(shape) for shape in shapes[-KEPT:])}


def test_a_layer_lasts_a_day(kept: Layers, at):
    at(NOON)
    kept.keep({"roles": "a"}, disk)
    at(NOON + LASTS - timedelta(minutes=1))
    assert kept.find({"roles": "a"})
    at(NOON + LASTS)
    assert kept.find({"roles": "a"}) is None
    kept.keep({"roles": "b"}, disk)
    assert folders(kept) == {name_of({"roles": "b"})}


OTHER = """
import sys
from pathlib import Path
from ops.lab.layers import Layers
Layers(Path(sys.argv[1])).keep({"roles": "a"}, lambda folder: (folder / "first").touch())
"""


def test_the_first_of_two_that_make_the_same_layer_wins(kept: Layers, checkout: Path):
    def second(folder: Path) -> None:
        subprocess.run([sys.executable, "-c", OTHER, kept.home], check=True, cwd=checkout)
        (folder / "second").touch()

    made = kept.keep({"roles": "a"}, second)
    assert made
    assert sorted(path.name for path in made.iterdir()) == ["first", layers.NOTE]
    assert folders(kept) == {made.name}


def test_what_is_too_old_stays_under_the_lab_that_lies_over_it(kept: Layers, at):
    at(NOON)
    old = kept.keep({"roles": "a"}, disk)
    assert old
    at(NOON + LASTS)
    assert kept.keep({"roles": "a"}, lambda folder: (folder / "other").touch(), used=(old.name,)) is None
    assert (old / "his1/disk").exists()


def test_what_differs_from_the_newest_is_named(kept: Layers, at):
    assert kept.difference({"roles": "a"}) == ""
    at(NOON)
    kept.keep({"roles": "a", "policy": "a", "packages": "a"}, disk)
    assert kept.difference({"roles": "b", "policy": "a", "trees": "a"}) == "packages, roles, trees"
