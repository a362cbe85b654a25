"""What a person may name to apt, and what of dpkg's and apt's words is understood."""

from pathlib import Path

import pytest

from ops.core.errors import UsageError
from ops.jobs.updates import keeping, packages
from ops.jobs.updates.packages import Installed

HERE = {"libc6:amd64": Installed("2.36-9", True, 1), "his:all": Installed("1", True, 1)}


@pytest.mark.parametrize(
    "word", ["--purge", "-y", "his-", "his+", "HIS", "his;id", "../his.deb", "/root/no.deb", "a=", ""]
)
def test_a_word_that_apt_would_take_for_more_than_a_package_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="no package"):
        packages.demand_names([word])


def test_names_versions_and_files_are_taken(tmp_path: Path) -> None:
    (tmp_path / "his_2.deb").touch()
    packages.demand_names(["libstdc++6", "his:amd64", "his=2:1.0~rc1-1", str(tmp_path / "his_2.deb")])


def test_a_name_gets_its_architecture() -> None:
    assert [packages.full(name, HERE) for name in ("his", "libc6", "libc6:amd64", "libc6:i386", "no")] == [
        *("his:all", "libc6:amd64", "libc6:amd64"), *("", ""),
    ]  # fmt: skip
    assert keeping.file_name("libc6:amd64", "1:2.36-9") == "libc6_1%3a2.36-9_amd64.deb"
