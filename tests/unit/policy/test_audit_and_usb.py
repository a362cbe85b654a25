"""Audit and USB storage: what their roles are given, and what can't stand in a rule is refused."""

from __future__ import annotations

from typing import Any

import pytest

from ops.core.errors import PolicyError
from ops.core.schema import decode
from ops.policy.compile import compile_site
from ops.policy.hardening import Hardening
from ops.policy.layers import HostLayers
from ops.policy.surroundings import Surroundings


def given(name: str, **said: Any) -> dict[str, Any]:
    """Return what a part's role is given."""
    part = getattr(decode(Hardening, {name: said}, "hardening"), name)
    return dict(part.given())


def test_changes_of_files_and_of_all_below_folders_are_recorded() -> None:
    rules = given("audit", files=["/srv/his/his.conf", "/srv/his/config/"])["rules"].splitlines()
    assert "-a always,exit -F path=/srv/his/his.conf -F perm=wa -F key=seawall-files" in rules
    assert "-a always,exit -F dir=/srv/his/config -F perm=wa -F key=seawall-files" in rules
    assert "-a always,exit -F path=/etc/shadow -F perm=wa -F key=seawall-accounts" in rules
    # What units write all the time is their work; people are recorded.
    assert "-a always,exit -F dir=/var/lib/seawall -F perm=wa -F auid!=unset -F key=seawall-seawall" in rules
    keys = given("audit")["keys"]
    assert sorted(keys) == [f"seawall-{key}" for key in ("accounts", "logins", "mounts", "seawall", "time")]


def test_disks_are_listed_once_and_in_order() -> None:
    assert given("usb_storage") == {"disks": []}
    assert given("usb_storage", disks=["WX9876", "4C53", "WX9876"]) == {"disks": ["4C53", "WX9876"]}


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        ("audit", {"files": ["srv/his"]}),
        ("audit", {"files": ["/"]}),
        ("audit", {"files": ["/srv/a b"]}),
        ("audit", {"files": ["/srv/a#b"]}),
        ("usb_storage", {"disks": ['4C53", GOTO="x']}),
        ("usb_storage", {"disks": ["*"]}),
        ("usb_storage", {"disks": ["a"]}),
    ],
)
def test_what_would_be_another_rule_is_refused(part: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match=r"expected (an absolute path|a serial number)"):
        given(part, **wrong)


def test_a_zone_names_machines_and_groups_that_there_are() -> None:
    def site(*management: str) -> None:
        firewall = {"zones": {"management": list(management)}}
        hardened = {"version": 1, "site": {"name": "Test"}, "hardening": {"firewall": firewall}}
        compile_site({"his1": HostLayers(all=hardened)}, Surroundings(["his1"], {"servers": ["his1"]}))

    site("192.0.2.1", "his1", "servers")
    with pytest.raises(PolicyError, match="no machine or group of the inventory 'server', did you mean 'servers'"):
        site("192.0.2.1", "server")
