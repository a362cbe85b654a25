"""Antivirus, updates and logs: what their roles are given, and what can't stand in a file of the machine is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ops.core.errors import PolicyError
from ops.core.schema import decode
from ops.policy.hardening import Hardening


def given(name: str, **said: Any) -> dict[str, Any]:
    """Return what a part's role is given."""
    part = getattr(decode(Hardening, {name: said}, "hardening"), name)
    return dict(part.given())


def test_scans_are_weekly_and_signatures_come_from_the_site_s_mirror() -> None:
    wanted = given("antivirus", mirror="http://mirror.hospital.example:8080/clamav/")
    assert wanted["mirror"] == "http://mirror.hospital.example:8080/clamav"
    assert wanted["at"] == ["Sun *-*-* 02:00:00"]
    assert "/home" in wanted["folders"]
    assert given("antivirus")["mirror"] == ""


def test_a_folder_that_is_left_out_is_no_other() -> None:
    (form,) = given("antivirus", left_out=["/srv/a.b+c"])["left_out"]
    assert re.fullmatch(form, "/srv/a.b+c")
    assert not [path for path in ("/srv/aXb+c", "/srv/a.bbc", "/srv/a.b+c/d", "/mnt/srv/a.b+c") if re.match(form, path)]


def test_updates_wait_unless_the_policy_says_otherwise() -> None:
    assert given("updates") == {"unattended": False}
    assert given("updates", unattended=True, servers=["mirror.hospital.example"]) == {"unattended": True}


def test_logs_are_counted_so_that_none_leaves_too_early() -> None:
    assert given("logs") == {"days": 365, "most": 4096, "free": 1024, "weeks": 53, "months": 14}
    assert given("logs", kept="36d", most="1GiB")["months"] == 2


@pytest.mark.parametrize(
    ("part", "wrong", "word"),
    [
        ("antivirus", {"mirror": "mirror.hospital.example"}, "expected an address"),
        ("antivirus", {"mirror": "http://x/\nOnUpdateExecute rm"}, "expected an address"),
        ("antivirus", {"mirror": "http://x/a b"}, "expected an address"),
        ("antivirus", {"folders": []}, "leave the part out"),
        ("antivirus", {"folders": ["/srv/a b"]}, "folders"),
        ("antivirus", {"folders": ["/srv/%n"]}, "folders"),
        ("antivirus", {"folders": ["srv"]}, "absolute path"),
        ("antivirus", {"left_out": ["/opt/x"]}, "below none"),
        ("antivirus", {"left_out": ["/srv/(x"]}, "left_out"),
        ("antivirus", {"at": "sometimes"}, "calendar"),
        ("updates", {"servers": ["http://x/"]}, "name of a host"),
        ("updates", {"unattended": "security"}, "true or false"),
        ("logs", {"kept": "3d"}, "kept"),
        ("logs", {"most": "1MiB"}, "most"),
        ("logs", {"kept": "99999d"}, "kept"),
    ],
)
def test_a_wrong_word_or_number_is_refused(part: str, wrong: dict[str, Any], word: str) -> None:
    with pytest.raises(PolicyError, match=word):
        given(part, **wrong)
