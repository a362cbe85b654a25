"""A server whose own policy is empty is noted, also where its groups give it assets, which are seldom all of it."""

import sys
from pathlib import Path

import pytest

from ops.fleet.inventory.check import examine
from ops.fleet.new_policy.look import Seen
from ops.interfaces.discovery import Found

sys.path.insert(0, str(Path(__file__).parent))
from new_site import written

pytestmark = pytest.mark.usefixtures("quick_inventory")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return written(tmp_path, {"his1": Seen("bookworm", found=(Found("path:/srv/documents", "a folder"),))})


@pytest.mark.parametrize("text", ["", "---\n# to do\n"])
def test_an_empty_policy_beside_an_asset_of_the_group_is_noted(text: str, site: Path) -> None:
    policy = site / "host_vars/his1/policy.yml"
    policy.write_text(text)
    (note,) = examine(site).notes
    assert note.where == f"{policy}:1"
    assert note.message == "this file is empty, so only what its groups have is backed up: etc_his1"


def test_a_policy_with_assets_and_a_server_without_a_file_are_not(site: Path) -> None:
    """docs1 has no file of its own: nobody has emptied one."""
    assert list(examine(site).notes) == []
