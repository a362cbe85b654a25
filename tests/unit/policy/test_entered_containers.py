"""Which containers a policy enters, what it may not say of them, and the ways that follow from it."""

from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader

from ops.core.errors import PolicyError
from ops.core.names import AccountName, ContainerName
from ops.core.schema import decode, encode
from ops.policy import HostLayers, HostPolicy, compile_site
from ops.policy.compile import document, read_document
from ops.policy.containers import containers
from ops.policy.databases import databases
from ops.policy.role_files import container_files
from ops.policy.surroundings import Surroundings
from ops.policy.units import units
from ops.sources import mariadb, postgresql

TEMPLATES = Path(__file__).parents[3] / "roles/backup_client/templates"
SITE = {
    "version": 1,
    "site": {"name": "Test hospital"},
    "contacts": {"it": {"name": "Head of IT"}},
    "repositories": {"primary": {"kind": "rest_server", "place": "primary", "host": "backup1"}},
}
TIMES = {"owner": "it", "schedule": "*-*-* 01:30:00", "rpo": "26h", "rto": "1h", "retention": {"all": "14d"}}
HIS = {"container": "his-db", "database": "his"}


def compiled(**sources: tuple[str, dict[str, Any]]) -> HostPolicy:
    """Return the policy of a machine in no group of databases; each source is an asset of its own."""
    assets = {
        name: {**TIMES, "repository": "primary", "sources": {"database": {"kind": kind, "options": options}}}
        for name, (kind, options) in sources.items()
    }
    layers = {"backup1": HostLayers(SITE), "his1": HostLayers(SITE, host={"assets": assets})}
    around = Surroundings([*layers], {"servers": ["his1"], "backup_hosts": ["backup1"]})
    return read_document(document(compile_site(layers, around)["his1"]))


def refused(**sources: tuple[str, dict[str, Any]]) -> str:
    with pytest.raises(PolicyError) as caught:
        compiled(**sources)
    return str(caught.value)


def test_a_machine_with_nothing_but_a_container_needs_no_server_of_its_own() -> None:
    policy = compiled(his=("postgresql", HIS))
    (one,) = containers(policy)
    assert (one.engine, one.container, one.account) == ("podman", "his-db", "postgres")
    assert one.programs == ("pg_dump", "pg_dumpall", "psql")
    assert databases(policy, "postgresql") == []
    assert "postgresql_hosts" in refused(his=("postgresql", {"database": "his"}))
    (backup,) = (unit for unit in units(policy) if unit.command == "backup his")
    assert (backup.user, backup.capabilities) == ("seawall", ())


def test_no_container_is_entered_without_a_word() -> None:
    assert containers(compiled(texts=("files", {"paths": ["/srv/texts"]}))) == []


def test_two_sources_of_one_container_have_one_way_in() -> None:
    policy = compiled(his=("postgresql", HIS), lis=("postgresql", {**HIS, "database": "lis"}))
    assert len(containers(policy)) == 1
    both = compiled(his=("postgresql", HIS), lis=("mariadb", {**HIS, "container_user": "postgres"}))
    (one,) = containers(both)
    assert one.programs == ("mariadb", "mariadb-dump", "pg_dump", "pg_dumpall", "psql")
    apart = compiled(his=("postgresql", HIS), lis=("postgresql", {**HIS, "database": "lis", "engine": "docker"}))
    assert [one.engine for one in containers(apart)] == ["docker", "podman"]


def test_two_accounts_in_one_container_are_refused() -> None:
    said = refused(his=("postgresql", HIS), lis=("postgresql", {**HIS, "database": "lis", "container_user": "999"}))
    assert "policy.assets.lis.sources.database.options.container_user" in said
    assert "'999' enters the container his-db, and another source does as 'postgres'" in said


@pytest.mark.parametrize(
    ("kind", "more", "says"),
    [
        ("postgresql", {"container": "--privileged"}, "the name of a container"),
        ("postgresql", {"container": "his db"}, "the name of a container"),
        ("postgresql", {"container": "../his"}, "the name of a container"),
        ("postgresql", {"container": "x" * 65}, "the name of a container"),
        ("postgresql", {"container_user": "-u root"}, "the name or number of an account"),
        ("postgresql", {"engine": "lxc"}, "expected one of podman, docker"),
        ("postgresql", {"jobs": 2}, "a dump from a container is a stream"),
        ("mariadb", {"user": "reader"}, "the account that reads has the name of `container_user`"),
        ("mariadb", {"container_user": "999"}, "the account that reads has the name of `container_user`"),
    ],
)
def test_what_leads_into_no_container_is_refused(kind: str, more: dict[str, Any], says: str) -> None:
    assert says in refused(his=(kind, {**HIS, **more}))


@pytest.mark.parametrize("options", [postgresql.Options, mariadb.Options])
def test_what_says_nothing_of_containers_is_written_as_before(options: Any) -> None:
    plain = encode(options(database="his"))
    assert not {"container", "engine", "container_user"} & {*plain}
    assert decode(options, plain, "options") == options(database="his")


def test_a_database_in_a_container_is_covered_by_its_name() -> None:
    his = postgresql.Options(database="his", container=ContainerName("his-db"))
    lis = mariadb.Options(all=True, container=ContainerName("lis-db"))
    assert postgresql.KIND.covers(his) == ["postgresql:his-db:5432/his"]
    assert mariadb.KIND.covers(lis) == ["mariadb:lis-db/*"]


def test_each_way_is_a_socket_for_the_account_and_a_service_that_runs_named_programs_alone() -> None:
    policy = compiled(his=("postgresql", {**HIS, "container_user": AccountName("999")}))
    socket, service = container_files([encode(one) for one in containers(policy)])
    assert socket.path == "/etc/systemd/system/seawall-container-podman-his-db.socket"
    assert service.path == "/etc/systemd/system/seawall-container-podman-his-db@.service"
    reader = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=False, trim_blocks=True)
    reader.filters["comment"] = str
    said = [
        reader.get_template(str(one.template)).render(ansible_managed="#", **one.variables) for one in (socket, service)
    ]
    assert (
        "ListenSequentialPacket=/run/seawall/container-podman-his-db\nSocketGroup=seawall\nSocketMode=0660\n" in said[0]
    )
    assert "container_door.py \\\n  podman his-db 999 pg_dump pg_dumpall psql\n" in said[1]
    assert "NoNewPrivileges=yes" in said[1]
