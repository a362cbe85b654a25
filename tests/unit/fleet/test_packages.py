from pathlib import Path

import pytest

from ops.core.errors import Damaged
from ops.core.files import digest
from ops.fleet.packaging import restic_deb


def keep(cache: Path, content: bytes = b"a package") -> Path:
    package = cache / "packages/restic_0.18.0-1_amd64.deb"
    package.parent.mkdir(parents=True)
    package.write_bytes(content)
    (package.parent / restic_deb.SUMS).write_text(f"{digest(package)}  {package.name}\n", encoding="ascii")
    return package


def test_what_was_fetched_once_is_taken_from_the_cache(tmp_path: Path):
    package = keep(tmp_path)
    assert restic_deb.fetch(tmp_path) == [package]


def test_a_package_that_is_not_what_was_fetched_is_refused(tmp_path: Path):
    keep(tmp_path).write_bytes(b"something else")
    with pytest.raises(Damaged, match="restic"):
        restic_deb.fetch(tmp_path)
