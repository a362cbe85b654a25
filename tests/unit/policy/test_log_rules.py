"""An asset whose log is archived: an RPO of minutes, its timer, its check, and what its server is told."""

from typing import Any

import pytest

from ops.core.errors import PolicyError
from ops.core.quantity import Duration
from ops.policy import HostLayers, HostPolicy, compile_site
from ops.policy.compile import document, read_document
from ops.policy.databases import taken_clusters
from ops.policy.logs import calendar, every, log_clusters
from ops.policy.units import units

ALL = {
    "version": 1,
    "site": {"name": "Test hospital"},
    "contacts": {"it": {"name": "Head of IT"}},
    "repositories": {"primary": {"kind": "rest_server", "place": "primary", "host": "backup1"}},
}
CLUSTER = {"kind": "postgresql_cluster", "options": {"wal": True, "port": 5433, "spool": "1GiB"}}


def compiled(rpo: str = "5min", **sources: Any) -> HostPolicy:
    asset = {
        "owner": "it",
        "repository": "primary",
        "schedule": "*-*-* 01:30:00",
        "rpo": rpo,
        "rto": "1h",
        "retention": {"all": "14d"},
        "sources": sources or {"files": CLUSTER},
    }
    layers = {"backup1": HostLayers(ALL), "his1": HostLayers(ALL, host={"assets": {"his": asset}})}
    return read_document(document(compile_site(layers)["his1"]))


def test_an_rpo_of_minutes_is_kept_by_the_log() -> None:
    policy = compiled()
    assert policy.checks["backup_age-his"].options.log
    unit = next(one for one in units(policy) if one.name == "seawall-log-his")
    assert (unit.command, unit.calendar, unit.user, unit.capabilities) == ("log his", ("*:0/2",), "seawall", ())
    assert unit.writable == ("/var/spool/seawall/his",)
    assert log_clusters(policy) == [
        {"asset": "his", "port": 5433, "spool": "/var/spool/seawall/his", "limit": "1GiB", "timeout": 120}
    ]
    assert taken_clusters(policy) == [5433]


@pytest.mark.parametrize(
    "source",
    [
        {"kind": "postgresql_cluster"},
        {"kind": "postgresql_cluster", "options": {"wal": False}},
        {"kind": "postgresql", "options": {"database": "his"}},
    ],
)
def test_an_rpo_of_minutes_needs_a_log(source: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match="5min can't be met"):
        compiled(files=source)
    policy = compiled("26h", files=source)
    assert not policy.checks["backup_age-his"].options.log
    assert not log_clusters(policy)
    assert "seawall-log-his" not in {one.name for one in units(policy)}


def test_no_other_kind_has_a_log() -> None:
    with pytest.raises(PolicyError, match="wal"):
        compiled("26h", files={"kind": "postgresql", "options": {"database": "his", "wal": True}})


def test_nothing_else_is_in_the_asset() -> None:
    with pytest.raises(PolicyError, match="an asset of its own"):
        compiled(files=CLUSTER, documents={"kind": "files", "options": {"paths": ["/srv/documents"]}})


@pytest.mark.parametrize(
    ("rpo", "seconds", "said"),
    [
        ("1min", 60, "*:0/1"),
        ("5min", 120, "*:0/2"),
        ("15min", 360, "*:0/6"),
        ("1h", 1800, "*:0/30"),
        ("1d", 3600, "*:00"),
    ],
)
def test_the_log_is_archived_twice_within_an_rpo(rpo: str, seconds: int, said: str) -> None:
    assert every(Duration.parse(rpo)).seconds == seconds
    assert calendar(Duration.parse(rpo)) == said


@pytest.mark.parametrize("options", [{"port": 0}, {"port": 70000}, {"spool": "1MiB"}])
def test_options_that_cannot_be_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(PolicyError):
        compiled(files={"kind": "postgresql_cluster", "options": {"wal": True, **options}})
