"""What was lost where discs are made of comes back from their images, and from drives: byte for byte, or not at all."""

from pathlib import Path

import pytest
from burnt import Burner, drive, hurt

WORD = ("--reason", "a trial", "--approver", "Head of IT")


@pytest.fixture
def collected(discs: Burner, tmp_path: Path) -> Path:
    """The folder of the repository."""
    return tmp_path / "collected/his1"


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return what lies in a repository, and whose it is."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.parent.name != "locks")
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_uid) for path in found}


def first(folder: Path, sort: str) -> Path:
    return min(path for path in (folder / sort).rglob("*") if path.is_file())


def flipped(path: Path) -> str:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    return path.name


def test_what_is_damaged_or_gone_comes_back_as_it_was(
    discs: Burner, collected: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(collected)
    assert discs.seawall("recover", discs.image, "--dry-run") == 0
    assert "nothing that is on HIS1_DISCS_1_001 is damaged" in capsys.readouterr().out
    names = [flipped(first(collected, sort)) for sort in ("data", "snapshots")]
    pack, index = max((collected / "data").rglob("*/*")), first(collected, "index")
    for path in (pack, index):
        path.unlink()
    pack.parent.rmdir()
    hurt_so = files(collected)
    assert discs.seawall("recover", discs.image, "--dry-run") == 0
    told = capsys.readouterr().out
    assert all(name in told for name in (*names, pack.name, index.name))
    assert discs.seawall("recover", discs.image) == 2
    assert files(collected) == hurt_so
    with drive(discs.image) as device:
        assert discs.seawall("recover", device, *WORD) == 0
    assert files(collected) == before
    assert discs.machine.state("heal-discs")["last_good"]["healed"] == len((*names, pack, index))
    aside = [path.name for path in (collected.parent / ".aside").rglob("*") if path.is_file()]
    assert sorted(aside) == sorted(f"{name}.damaged" for name in names)


def test_what_is_damaged_on_the_disc_too_is_named_and_nothing_false_comes_back(
    discs: Burner, collected: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(collected)
    pack, index = first(collected, "data"), first(collected, "index")
    where = discs.known().discs[0].files[f"repository/{pack.relative_to(collected)}"]
    hurt(discs.image, where[0], 1)
    flipped(pack)
    index.unlink()
    assert discs.seawall("recover", discs.image, *WORD) == 1
    assert f"{pack.name} is not what was stored: its content has another SHA-256: is damaged on this disc, too" in (
        capsys.readouterr().out
    )
    after = files(collected)
    assert {path for path in before if after[path] != before[path]} == {str(pack.relative_to(collected))}


def test_a_disc_of_another_repository_brings_nothing(discs: Burner, collected: Path) -> None:
    pack = first(collected, "data")
    pack.unlink()
    flipped(collected / "config")
    before = files(collected)
    assert discs.seawall("recover", discs.image, *WORD) == 1
    assert files(collected) == before


def test_a_link_in_the_place_of_a_folder_is_not_followed(discs: Burner, collected: Path, tmp_path: Path) -> None:
    """Root writes there, and the folder is the account's."""
    pack = first(collected, "data")
    pack.unlink()
    pack.parent.rmdir()
    (tmp_path / "elsewhere").mkdir()
    pack.parent.symlink_to(tmp_path / "elsewhere")
    assert discs.seawall("recover", discs.image, *WORD) == 1
    assert [*(tmp_path / "elsewhere").iterdir()] == []
