"""Standbys in the policy: what both machines get, the check that follows, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from ops.core.errors import PolicyError
from ops.policy.compile import compile_site, document, read_document
from ops.policy.layers import HostLayers
from ops.policy.model import HostPolicy
from ops.policy.rules.rendered import judge
from ops.policy.secrets import Secrets
from ops.policy.standby_files import files, laid

MACHINES = {"his1": "192.0.2.11", "his2": "2001:db8::12"}
STANDBY = {"machines": MACHINES, "release": 15, "synchronous": True, "kept_log": "4GiB"}


def compiled(**changes: Any) -> dict[str, HostPolicy]:
    one = {key: value for key, value in {**STANDBY, **changes}.items() if value is not None}
    site = {"version": 1, "site": {"name": "Test"}, "standby": {"his": one}}
    return compile_site({host: HostLayers(host=site) for host in (*MACHINES, "lis1")})


def test_both_machines_get_it_with_its_check_and_no_other_one_does() -> None:
    site = compiled()
    assert site["lis1"].standby is None
    for host in MACHINES:
        again = read_document(document(site[host]))
        assert again.standby == site[host].standby
        assert list(judge(again)) == []
        options = again.checks["postgresql_standby-his"].options
        assert (options.standby, options.synchronous, str(options.kept_log)) == ("his", True, "4 GiB")


def test_each_lets_in_the_other_one_by_its_certificate_alone() -> None:
    (his1,), (his2,) = (laid(compiled()[host]) for host in MACHINES)
    assert "hostssl replication seawall_standby 2001:db8::12/128 cert" in his1["access"]
    assert "seawall_standby his2 seawall_standby" in his1["names"]
    assert "host=his1 hostaddr=192.0.2.11 port=5432 user=seawall_standby" in his2["settings"]
    assert "sslmode=verify-full" in his2["settings"]
    assert "password" not in his2["settings"]
    assert all("trust" not in line and line.split()[-1] != "all" for line in his1["access"].splitlines())


def test_a_machine_gets_its_own_key_and_no_other_one() -> None:
    names = ("seawall_standby_certificate", "seawall_standby_key")
    own = {host: dict.fromkeys(names, host) | {"seawall_authority_certificate": "site"} for host in MACHINES}
    found = files(compiled()["his1"], Secrets(own))
    assert {file.path.rpartition("/")[2]: (file.content, file.mode, file.secret) for file in found} == {
        "authority.pem": ("site", "0644", False),
        "tls.pem": ("his1", "0644", False),
        "tls.key": ("his1", "0640", True),
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"machines": {"his1": "192.0.2.11"}}, "expected the two machines"),
        ({"machines": {"his1": "192.0.2.11", "his2": "his2.example"}}, "expected an address"),
        ({"machines": {"his1": "192.0.2.11", "his2": "192.0.2.11"}}, "one address twice"),
        ({"machines": {"his1": "192.0.2.11", "his3": "192.0.2.13"}}, "no host 'his3'"),
        ({"release": None}, "release"),
        ({"release": 14}, "expected 15"),
        ({"cluster": "main'"}, "expected a name"),
        ({"lag_warn_above": "9GiB"}, "lag_warn_above"),
        ({"sync": True}, "sync"),
    ],
)
def test_what_can_t_be_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(PolicyError) as error:
        compiled(**changes)
    assert words in str(error.value)


def test_two_standbys_can_t_have_one_cluster() -> None:
    site = {"version": 1, "site": {"name": "Test"}, "standby": {"his": STANDBY, "lis": STANDBY}}
    with pytest.raises(PolicyError, match="it follows one other"):
        compile_site({host: HostLayers(host=site) for host in MACHINES})
