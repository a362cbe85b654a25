"""Where a repository for discs is collected, and what its options take."""

from pathlib import Path

import pytest

from ops.core import schema
from ops.core.errors import Unavailable
from ops.interfaces.target import Location
from ops.targets.disc import KIND, Options


def test_a_folder_that_nobody_made_is_unavailable(tmp_path: Path) -> None:
    url = tmp_path / "url"
    url.write_text(f"{tmp_path}/discs/his1\n")
    with pytest.raises(Unavailable, match="install -d -o seawall"):
        KIND.reach(url, url)
    (tmp_path / "discs").mkdir()
    KIND.reach(url, url)  # the repository itself is made later
    with pytest.raises(Unavailable, match="no repository"):
        KIND.packs(url, url)


def test_it_lies_below_the_folder_by_the_name_of_the_machine() -> None:
    options = Options("/srv/discs")
    assert KIND.address(options, Location("his1")) == "/srv/discs/his1"
    assert [*KIND.writes(options)] == ["/srv/discs"]
    assert KIND.carried


@pytest.mark.parametrize(
    "wrong", [{"capacity": "1MiB"}, {"correction": "90%"}, {"correction": "0%"}, {"medium": "tape"}]
)
def test_what_no_disc_is_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(Exception, match="expected"):
        schema.decode(Options, {"path": "/srv/discs", **wrong}, "options")


def test_a_disc_takes_what_its_sort_takes_or_what_is_said() -> None:
    assert Options("/srv/discs").sectors == 11_826_176
    told = schema.decode(Options, {"path": "/srv/discs", "capacity": "64MiB"}, "options")
    assert told.sectors == 32_768
