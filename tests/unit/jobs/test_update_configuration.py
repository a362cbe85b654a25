"""/etc as it was before an update: packed by tar, compared, and brought back, but for what must stay as it is."""

from pathlib import Path

import pytest

from ops.core.errors import Damaged, UsageError
from ops.jobs.updates.configuration import STAGED, Difference, bring_back, compare, pack


@pytest.fixture
def root(tmp_path: Path) -> Path:
    etc = tmp_path / "root/etc"
    for folder in ("his/parts", "seawall", "systemd/system"):
        (etc / folder).mkdir(parents=True)
    for name in ("his/main.conf", "his/parts/a", "passwd", "shadow", "seawall/policy.json", "na\nme", "removed"):
        (etc / name).write_text(f"{name} of then\n")
    (etc / "link").symlink_to("his/main.conf")
    (etc / "his/main.conf").chmod(0o640)
    pack(tmp_path / "root", tmp_path / "etc.tar.gz")
    return tmp_path / "root"


def differences(root: Path, *left: str) -> dict[str, str]:
    return {one.path: one.what for one in compare(root, root.parent / "etc.tar.gz", left)}


def test_nothing_differs_until_something_is_changed(root: Path) -> None:
    assert differences(root) == {}
    assert (root.parent / "etc.tar.gz").stat().st_mode & 0o777 == 0o600


def test_all_that_was_changed_comes_back_and_what_is_new_stays(root: Path) -> None:
    etc = root / "etc"
    (etc / "his/main.conf").write_text("broken\n")
    (etc / "na\nme").write_text("x" * 13)
    (etc / "his/parts/a").chmod(0o777)
    (etc / "link").unlink()
    (etc / "link").symlink_to("/dev/null")
    (etc / "removed").unlink()
    (etc / "new").write_text("new\n")
    found = differences(root)
    changed = {"etc/his/main.conf": "changed", "etc/na\nme": "changed", "etc/link": "changed"}
    assert found == {**changed, "etc/his/parts/a": "rights", "etc/removed": "gone", "etc/new": "new"}
    again = bring_back(root, root.parent / "etc.tar.gz", [Difference(*one) for one in found.items()])
    assert (again, differences(root)) == (5, {"etc/new": "new"})
    assert (etc / "his/main.conf").stat().st_mode & 0o777 == 0o640
    assert not (etc / STAGED).exists()


def test_a_folder_that_is_gone_comes_back_whole(root: Path) -> None:
    (root / "etc/his").rename(root / "his")
    found = compare(root, root.parent / "etc.tar.gz")
    assert bring_back(root, root.parent / "etc.tar.gz", found) == 4
    assert differences(root) == {} and (root / "etc/his/parts/a").read_text() == "his/parts/a of then\n"


def test_accounts_keys_and_what_a_person_names_stay_as_they_are(root: Path) -> None:
    for name in ("passwd", "shadow", "seawall/policy.json", "systemd/system/seawall-health.timer", "his/main.conf"):
        (root / "etc" / name).write_text("of now\n")
    assert differences(root, "etc/his") == {}
    assert differences(root) == {"etc/his/main.conf": "changed"}


def test_what_a_killed_one_left_is_no_difference_and_goes(root: Path) -> None:
    (root / "etc" / STAGED / "etc").mkdir(parents=True)
    (root / "etc" / STAGED / "etc/removed").write_text("half\n")
    assert differences(root) == {}
    (root / "etc/removed").unlink()
    assert bring_back(root, root.parent / "etc.tar.gz", compare(root, root.parent / "etc.tar.gz")) == 1
    assert (root / "etc/removed").read_text() == "removed of then\n"


def test_a_folder_in_the_place_of_a_file_is_not_taken_away(root: Path) -> None:
    (root / "etc/removed").unlink()
    (root / "etc/removed").mkdir()
    (root / "etc/removed/theirs").write_text("x")
    with pytest.raises(UsageError, match="is a folder now"):
        bring_back(root, root.parent / "etc.tar.gz", compare(root, root.parent / "etc.tar.gz"))
    assert (root / "etc/removed/theirs").exists()


def test_an_archive_that_was_cut_is_damaged(root: Path) -> None:
    archive = root.parent / "etc.tar.gz"
    archive.write_bytes(archive.read_bytes()[:200])
    with pytest.raises(Damaged, match="can't be read"):
        compare(root, archive)
