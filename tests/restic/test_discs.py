"""Copies on discs, with the real restic, xorriso and dvdisaster: made, read, damaged, restored by plain tools."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from burnt import Burner, commands, drive, hurt, sha256
from one_machine import PASSWORD

from ops.core import clock, schema
from ops.core.errors import SeawallError
from ops.core.quantity import Percent
from ops.core.run import run
from ops.core.verdict import Verdict, worst
from ops.health import copy_age
from ops.interfaces.check import CheckContext
from ops.jobs.disc import catalogue, contents, image, verify
from ops.jobs.host import state_files


@dataclass(frozen=True)
class Corrected:
    """A small image, the one file in it, and where that lies."""

    path: Path
    file: contents.File
    places: image.Places


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Corrected:
    """An image of a mebibyte, with data for its correction."""
    folder = tmp_path_factory.mktemp("image")
    (folder / "file").write_bytes(os.urandom(1 << 20))
    file = contents.named("repository/file", folder / "file")
    return Corrected(folder / "disc.iso", file, image.make(folder / "disc.iso", "LABEL", [file], 30_000, Percent(20)))


@pytest.fixture
def read(discs: Burner) -> Burner:
    """One whose only disc was written and read."""
    with drive(discs.image) as device:
        assert discs.seawall("verify", device, "--kept", "bank, box 4") == 0
    return discs


def test_a_copy_counts_once_its_discs_were_read(discs: Burner) -> None:
    assert discs.state()["verdict"] == "warn"
    assert "it counts once it was carried on" in discs.state()["message"]
    assert discs.state()["last_good"] is None
    assert discs.seawall("verify", discs.image) == 0
    assert discs.state()["verdict"] == "warn", "an image is no disc"
    assert _age(timedelta(days=100)) is Verdict.FAIL, "what was only collected is overdue"
    with drive(discs.image) as device:
        assert discs.seawall("verify", device, "--kept", "bank, box 4") == 0
    assert discs.state()["verdict"] == "pass"
    assert discs.state()["last_good"]["repository"] == "discs"
    assert _age(timedelta(0)) is Verdict.PASS
    assert _age(timedelta(days=100)) is Verdict.FAIL, "two months later there must be new ones"
    (disc,) = discs.known().discs
    assert (disc.kept, disc.label) == ("bank, box 4", discs.image.stem)


def _age(later: timedelta) -> Verdict:
    """Return what the check of the copy says, so much later, of discs that are due every two months."""
    calendar = schema.decode(
        copy_age.Options, {"asset": "documents", "copy": "discs", "calendar": "every 2 months"}, ""
    )
    context = CheckContext(clock.now() + later, state_files.read_all(), since=clock.now() - timedelta(days=1))
    return worst([finding.verdict for finding in copy_age.probe(calendar, context)])


def test_a_disc_read_elsewhere_counts_by_the_sum_that_a_person_says(discs: Burner) -> None:
    image = discs.image
    by = ("--by", "Head of IT")
    assert discs.seawall("verify", image.stem, "--sha256", "0" * 64, *by) == 1
    assert discs.state()["verdict"] == "warn"
    assert discs.seawall("verify", image.stem, "--sha256", sha256(image), *by) == 0
    assert discs.state()["verdict"] == "pass"
    assert discs.known().discs[0].by == "Head of IT"


def test_neither_data_nor_password_is_on_a_disc(read: Burner) -> None:
    discs, image = read, read.image
    content = image.read_bytes()
    assert PASSWORD.encode() not in content
    for path in discs.source.iterdir():
        assert path.read_bytes()[:64] not in content


def test_the_page_on_the_discs_restores_them_by_plain_tools(read: Burner, tmp_path: Path) -> None:
    """With a second disc, made later of what was new; each block of commands is run as it is printed."""
    discs, first = read, read.image
    (discs.source / "new.bin").write_bytes(os.urandom(200_000))
    try:
        assert discs.machine.seawall("backup", "documents") == 0
        discs.collect()
        (second,) = discs.made()
        with drive(second) as device:
            assert discs.seawall("verify", device) == 0
        wanted = {path.name: path.read_bytes() for path in discs.source.iterdir()}
    finally:
        (discs.source / "new.bin").unlink()
    shutil.rmtree(discs.machine.stored)
    shutil.rmtree(tmp_path / "collected")
    one, two, three, *_ = commands(_page(second, tmp_path))
    for disc in (first, second):
        _typed(one, disc, tmp_path)
    said = _typed(two, second, tmp_path)
    assert "no errors were found" in said
    newest = [line.split()[0] for line in said.splitlines() if "seawall-part=all" in line][-1]
    _typed(three.replace(" ID ", f" {newest} "), second, tmp_path)
    restored = tmp_path / "restored/data" / str(discs.source).lstrip("/")
    assert {path.name: path.read_bytes() for path in restored.iterdir()} == wanted


def _extracted(block: str) -> str:
    """Return commands for a kernel that can't mount a disc: what the page says for that."""
    said = re.sub(
        "mount -o ro,nosuid,nodev,noexec (\\S+) (.*)", r"xorriso -osirrox on -indev stdio:\1 -extract / \2", block
    )
    return re.sub("umount (.*)", r"rm -r \1", said)


def _page(image: Path, folder: Path) -> str:
    run(["xorriso", "-osirrox", "on", "-indev", image, "-extract", "/RESTORE.txt", folder / "page"], timeout=60)
    return (folder / "page").read_text()


def _typed(block: str, image: Path, folder: Path) -> str:
    """Type a block of commands; the drive, the mount point and the folder are this test's."""
    (folder / "password").write_text(f"{PASSWORD}\n")
    with drive(image) as device:
        for word, real in (("/dev/sr0", device), ("/mnt/disc", folder / "mnt"), ("/srv/restored", folder / "restored")):
            block = block.replace(word, str(real))
        if "iso9660" not in Path("/proc/filesystems").read_text():
            block = _extracted(block)
        ended = subprocess.run(
            ["sh", "-e", "-c", block],
            env={**os.environ, "RESTIC_PASSWORD_FILE": str(folder / "password")},
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_a_disc_that_went_bad_is_named_with_its_files_and_its_copy_counts_no_more(read: Burner) -> None:
    discs, image = read, read.image
    good = image.read_bytes()
    (disc,) = discs.known().discs
    hurt(image, disc.files[min(path for path in disc.files if "/data/" in path)][0], 1)
    with drive(image) as device:
        assert discs.seawall("verify", device) == 1
    assert (discs.state()["verdict"], discs.state()["damaged"]) == ("fail", True)
    assert "damaged: of 9 files, 1 are not what was stored, such as data/" in discs.state()["message"]
    image.write_bytes(good)
    with drive(image) as device:
        assert discs.seawall("verify", device) == 0
    assert discs.state()["verdict"] == "pass"
    assert not discs.state().get("damaged")


@pytest.mark.parametrize("start", ["data", "end of data", "correction"])
def test_damage_within_reach_is_mended_wherever_it_is(corrected: Corrected, start: str, tmp_path: Path) -> None:
    path = Path(shutil.copy(corrected.path, tmp_path))
    end = corrected.places[corrected.file.path][0] + 512
    hurt(path, {"data": 100, "end of data": end - 10, "correction": end + 300}[start], 100)
    assert "Good!" in _mended(path)
    assert sha256(path) == sha256(corrected.path)


def test_damage_beyond_the_reach_of_correction_stays_and_is_named(corrected: Corrected, tmp_path: Path) -> None:
    path = Path(shutil.copy(corrected.path, tmp_path))
    hurt(path, 40, path.stat().st_size // 2048 - 80)
    assert "Good!" not in _mended(path)
    file = corrected.file
    assert [*image.damaged(path, corrected.places, {file.path: file.sha256})] == [file.path]
    assert not [*image.damaged(corrected.path, corrected.places, {file.path: file.sha256})]


def _mended(path: Path) -> str:
    """Let dvdisaster mend what it can; it ends with 1 when anything was damaged, with 2 when that stays so."""
    return run(["dvdisaster", "-i", path, "-f"], timeout=120, ok=(0, 1, 2)).stderr


def test_what_was_on_a_damaged_disc_comes_onto_the_next(read: Burner) -> None:
    discs, image = read, read.image
    (disc,) = discs.known().discs
    assert discs.seawall("make", "--to", discs.folder) == 2, "nothing is new"
    hurt(image, 16 + 8, image.stat().st_size // 2048 - 24)
    with drive(image) as device:
        assert discs.seawall("verify", device) == 1
    (again,) = discs.made()
    assert discs.known().discs[-1].packs == disc.packs
    with drive(again) as device:
        assert discs.seawall("verify", device) == 0


def test_a_copy_counts_once_the_last_of_its_discs_was_read(discs: Burner) -> None:
    known = discs.known()
    second = replace(known.discs[0], label="HIS1_DISCS_1_002", number=2)
    catalogue.keep(replace(known, discs=(*known.discs, second)))
    with drive(discs.image) as device:
        assert discs.seawall("verify", device) == 0
    assert discs.state()["verdict"] == "warn"
    assert discs.seawall("verify", second.label, "--sha256", second.sha256, "--by", "Head of IT") == 0
    assert discs.state()["verdict"] == "pass"


def test_another_disc_is_refused_and_so_is_one_of_a_good_label(read: Burner, tmp_path: Path) -> None:
    discs, image = read, read.image
    other = tmp_path / "other.iso"
    for label in ("SOMETHING", image.stem):
        run(["xorriso", "-as", "mkisofs", "-quiet", "-V", label, "-o", other, discs.source], timeout=60)
        with drive(other) as device:
            assert discs.seawall("verify", device) != 0


def test_a_link_that_takes_the_place_of_a_pack_comes_onto_no_disc(discs: Burner, tmp_path: Path) -> None:
    pack = max((tmp_path / "collected/his1/data").glob("??/*"))
    pack.rename(tmp_path / "away")
    pack.symlink_to("/etc/passwd")
    discs.image.unlink()
    assert discs.seawall("make", "--again", "--to", discs.folder) == 1
    pack.unlink()
    pack.write_bytes(b"what is not in it")
    assert discs.seawall("make", "--again", "--to", discs.folder) == 1
    assert not [*discs.folder.glob("*")]


def test_images_are_made_only_where_nobody_else_writes(discs: Burner) -> None:
    discs.folder.chmod(0o777)
    assert discs.seawall("make", "--again", "--to", discs.folder) == 1
    assert "others may write" in discs.machine.state("disc-discs")["message"]


def test_a_machine_without_a_drive_says_that_nothing_was_run() -> None:
    if any(Path("/sys/class/block").glob("sr*")):
        pytest.skip("this machine has a drive")
    with pytest.raises(SeawallError, match="not run: no burner"):
        verify.drive()
