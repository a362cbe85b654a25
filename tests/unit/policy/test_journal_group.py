"""The unit of the checks may read the journal where a check does, and no other unit ever."""

from __future__ import annotations

from systemd_units import written

from ops.health.disk import Options as Disk
from ops.health.journal import Options as Journal
from ops.policy.model import CheckSpec, HostPolicy, Site

GROUP = "\nSupplementaryGroups=systemd-journal\n"


def texts(**checks: CheckSpec) -> dict[str, str]:
    return written(HostPolicy(1, "his1", Site("Test"), checks=checks))


def test_the_unit_of_the_checks_is_in_the_group_where_a_check_reads_the_journal() -> None:
    with_it = texts(journal=CheckSpec("journal", Journal()))
    assert [name for name, text in with_it.items() if GROUP in text] == ["seawall-health.service"]


def test_no_unit_is_in_it_otherwise() -> None:
    assert not any("SupplementaryGroups" in text for text in texts(disk=CheckSpec("disk", Disk())).values())
