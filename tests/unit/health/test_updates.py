from __future__ import annotations

import gzip
import itertools
import lzma
import os
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from ops.core.errors import SeawallError, Unavailable
from ops.core.verdict import Verdict
from ops.health import updates
from ops.health._apt import order, waiting
from ops.health.updates import KIND, Options, judge, lists_made, since
from ops.interfaces.check import CheckContext

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TIME = NOW.timestamp()
DAY = 86_400.0
STATUS = """\
Package: libssl3
Status: install ok installed
Architecture: amd64
Version: 3.0.14-1

Package: libgcc-s1
Status: install ok installed
Architecture: i386
Version: 12.2.0-14

Package: curl
Status: hold ok installed
Architecture: amd64
Version: 7.88.1-10

Package: tzdata
Status: install ok installed
Architecture: all
Version: 2026a-0+deb12u1

Package: nginx
Status: deinstall ok config-files
Architecture: amd64
Version: 1.22.1-9
"""
PUBLISHED = """\
Package: {name}
Version: {version}
Installed-Size: 6021
Architecture: {architecture}
Description: some words
"""


def listed(*packages: tuple[str, str, str]) -> str:
    return "\n".join(PUBLISHED.format(name=one, version=new, architecture=of) for one, new, of in packages)


WAITING = listed(
    ("libssl3", "3.0.17-1~deb12u2", "amd64"),
    ("libssl3", "3.0.17-1~deb12u2", "i386"),
    ("libgcc-s1", "12.2.0-15", "amd64"),  # another architecture than the one that is installed
    ("curl", "7.88.1-10+deb12u14", "amd64"),
    ("tzdata", "2025b-0+deb12u2", "all"),  # the point release brought a newer one
    ("nginx", "1.22.1-9+deb12u3", "amd64"),  # it is not installed any more
    ("his-client", "9.9", "amd64"),
)


@pytest.mark.parametrize(
    ("days", "lists", "verdicts"),
    [
        ([], 0.5, ["pass"]),
        ([2.9, 0], 0.5, ["pass"]),
        ([3.1, 0], 0.5, ["warn"]),
        ([14.1], 0.5, ["fail"]),
        ([], 3.1, ["unknown"]),  # nothing is known of the last days
        ([14.1], 3.1, ["unknown", "fail"]),
    ],
)
def test_it_is_judged_how_long_updates_wait(days: list[float], lists: float, verdicts: list[str]) -> None:
    since_when = {f"p{number}": TIME - ago * DAY for number, ago in enumerate(days)}
    assert [one.verdict.value for one in judge(Options(), since_when, TIME, lists * DAY)] == verdicts


def test_a_newer_version_waits_as_long_as_the_one_before() -> None:
    first = since({}, ["openssl", "curl"], TIME)
    assert since(first, ["openssl"], TIME + DAY) == {"openssl": TIME}
    assert since({"openssl": "x", "curl": None}, ["openssl"], TIME) == {"openssl": TIME}


SUITE = "mirror_dists_bookworm-security"
HEADS = {"bookworm": "Debian", "bookworm-security": "Debian-Security", "tools-security": "Hospital-Security-Tools"}


@pytest.fixture
def debian(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Lists and dpkg's status, as apt and dpkg write them."""
    monkeypatch.setattr(updates, "LISTS", tmp_path)
    monkeypatch.setattr(updates, "INSTALLED", tmp_path / "status")
    (tmp_path / "status").write_text(STATUS)
    for suite, label in HEADS.items():
        date = format_datetime(datetime.fromtimestamp(TIME - (1 if suite == "bookworm-security" else 130) * DAY, UTC))
        head = f"Hash: SHA256\n\nOrigin: Debian\nLabel: {label}\nSuite: {suite}\nDate: {date}\n"
        (tmp_path / f"mirror_dists_{suite}_InRelease").write_text(head)
    (tmp_path / f"{SUITE}_main_binary-amd64_Packages").write_text(WAITING)
    (tmp_path / "mirror_dists_bookworm_main_binary-amd64_Packages").write_text(listed(("tzdata", "2099a", "all")))
    (tmp_path / "mirror_dists_tools-security_main_binary-amd64_Packages").write_text(listed(("tzdata", "2099", "all")))
    return tmp_path


def test_security_updates_are_told_from_the_others(debian: Path) -> None:
    assert waiting(debian, debian / "status") == ["curl", "libssl3"]


@pytest.mark.parametrize(("ending", "packed"), [("gz", gzip.compress), ("xz", lzma.compress)])
def test_a_list_is_read_however_it_is_packed(debian: Path, ending: str, packed: Callable[[bytes], bytes]) -> None:
    path = debian / f"{SUITE}_main_binary-amd64_Packages"
    path.with_name(f"{path.name}.{ending}").write_bytes(packed(path.read_bytes()))
    path.unlink()
    assert waiting(debian, debian / "status") == ["curl", "libssl3"]


def test_ubuntus_lists_count_too(debian: Path) -> None:
    head = "Origin: Ubuntu\nLabel: Ubuntu\nSuite: jammy-security\nDate: x\n"
    (debian / f"{SUITE}_InRelease").write_text(head)
    assert waiting(debian, debian / "status") == ["curl", "libssl3"]
    (debian / f"{SUITE}_InRelease").write_text(head.replace("jammy-security", "jammy"))
    with pytest.raises(Unavailable, match="no list of security updates"):
        waiting(debian, debian / "status")


VERSIONS = (
    *("1", "1~", "1a", "1.0", "1.0-1", "1.0-1~deb12u1", "1:0.5", "0.9", "1.0+dfsg-2", "1.0~rc1-1", "2.36-9+deb12u10"),
    *("2.36-9+deb12u9", "3.0.14-1", "1.0-1.1", "10", "1.10", "1.9", "1.a", "1.+", "2:1-1-1"),
)


def test_versions_are_ordered_as_dpkg_orders_them() -> None:
    """Each beside its neighbours in our order, by the real dpkg."""
    ordered = sorted(VERSIONS, key=order)
    for lower, higher in itertools.pairwise(ordered):
        relation = "lt" if order(lower) < order(higher) else "eq"
        assert subprocess.run(["dpkg", "--compare-versions", lower, relation, higher], check=False).returncode == 0, (
            lower,
            higher,
        )


def test_the_real_lists_of_this_machine_say_what_apt_plans() -> None:
    """Whoever has lists can compare them; a packet that is held, or that apt would not install, may only be more."""
    try:
        ours = set(waiting(Path("/var/lib/apt/lists"), Path("/var/lib/dpkg/status")))
    except (Unavailable, OSError):
        pytest.skip("this machine has no lists of security updates")
    plan = subprocess.run(["apt-get", "--simulate", "--option=Debug::NoLocking=1", "dist-upgrade"],
                          capture_output=True, text=True, check=True).stdout  # fmt: skip
    planned = re.findall(r"^Inst (\S+) \[\S+\] \(\S+ .*\bDebian-Security:", plan, re.MULTILINE)
    assert set(planned) <= ours


def test_the_lists_are_read_when_something_changed(debian: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes: dict[str, Any] = {}
    verdicts, read = [], []
    real = updates._apt.waiting
    monkeypatch.setattr(updates._apt, "waiting", lambda *places: read.append(places) or real(*places))
    for days in (0, 2, 4, 15):
        later = datetime.fromtimestamp(TIME + days * DAY, UTC)
        head = f"Label: Debian-Security\nDate: {format_datetime(later)}\n"
        (debian / f"{SUITE}_InRelease").write_text(head)
        os.utime(debian, (TIME + days, TIME + days))
        for _ in range(3):
            (finding,) = KIND.probe(Options(), CheckContext(later, {}, notes=notes))
        verdicts.append(finding.verdict)
    assert verdicts == [Verdict.PASS, Verdict.PASS, Verdict.WARN, Verdict.FAIL]
    assert len(read) == 4
    (debian / "status").write_text("")
    (finding,) = KIND.probe(Options(), CheckContext(later, {}, notes=notes))
    assert finding.message == "no security update waits"


def test_lists_that_cannot_be_read_are_read_again_within_an_hour(debian: Path) -> None:
    notes: dict[str, Any] = {}
    (debian / f"{SUITE}_main_binary-amd64_Packages").rename(debian / "aside")
    (debian / f"{SUITE}_main_binary-amd64_Packages.xz").write_text("no archive")
    os.utime(debian, (TIME, TIME))
    for minutes, words in ((0, "apt-helper"), (5, "read again"), (55, "read again"), (61, "apt-helper")):
        later = datetime.fromtimestamp(TIME + minutes * 60, UTC)
        with pytest.raises(SeawallError, match=words):
            list(KIND.probe(Options(), CheckContext(later, {}, notes=notes)))
    (debian / f"{SUITE}_main_binary-amd64_Packages.xz").unlink()
    (debian / "aside").rename(debian / f"{SUITE}_main_binary-amd64_Packages")
    later = datetime.fromtimestamp(TIME + 7300, UTC)
    (finding,) = KIND.probe(Options(), CheckContext(later, {}, notes=notes))
    assert finding.figures["security_updates"] == 2.0


def test_the_newest_list_counts_by_its_own_date(debian: Path) -> None:
    assert lists_made(debian) == TIME - DAY
    assert lists_made(debian / "nowhere") == 0.0
