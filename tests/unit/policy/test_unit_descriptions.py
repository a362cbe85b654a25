"""What a person writes of an asset stands in its unit as one line, in which systemd expands nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

from ops.fleet.inventory.check import judge
from ops.policy.units import units


@pytest.mark.parametrize(
    ("summary", "description"),
    [
        ("Hospital information system", "Back up his (Hospital information system)"),
        ("two\nlines\n", "Back up his (two lines)"),
        ("two\x00\x85lines\x1b\u2028[Service]\rUser=root", "Back up his (two\ufffd lines\ufffd [Service] User=root)"),
        ("100% of %n", "Back up his (100%% of %%n)"),
        (" \n", "Back up his"),
        ("", "Back up his"),
    ],
)
def test_a_summary_is_one_line(inventory: Path, quick_inventory: None, summary: str, description: str) -> None:
    policy = judge(inventory)[0]["his1"]
    changed = replace(policy, assets={"his": replace(policy.assets["his"], summary=summary)})
    (unit,) = (unit for unit in units(changed) if unit.name == "seawall-backup-his")
    assert unit.description == description
