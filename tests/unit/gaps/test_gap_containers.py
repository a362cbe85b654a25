"""Servers in containers, and their files where none runs: found without the containers' programs."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from kernel import Kernel

from ops.core.errors import Unavailable
from ops.gaps import mariadb, postgresql
from ops.gaps._containers import called, lies
from ops.gaps._processes import processes
from ops.interfaces.discovery import SearchContext
from ops.policy.rules.gap_names import meaningless

DOCKER, PODMAN, OTHER = "4f" * 32, "5a" * 32, "6b" * 32
MACHINE = """\
22 1 8:1 / / rw - ext4 /dev/sda1 rw
23 22 8:2 / /srv rw - xfs /dev/sdb1 rw
"""
INSIDE = """\
50 40 0:99 / / rw - overlay overlay rw,lowerdir=/x/l/A,upperdir=/var/lib/docker/overlay2/q/diff,workdir=/x/w
51 50 8:2 /volumes/lis/_data /var/lib/data rw - xfs /dev/sdb1 rw
52 50 8:1 /etc/hosts /etc/hosts rw - ext4 /dev/sda1 rw
"""


@pytest.fixture
def host(tmp_path: Path) -> Path:
    return tmp_path / "host"


@pytest.fixture
def kernel(tmp_path: Path, host: Path) -> Kernel:
    """A machine whose root lies in a folder, with what docker and podman note there."""
    (tmp_path / "proc").mkdir()
    made = Kernel(tmp_path / "proc")
    host.mkdir()
    made.runs(1, "systemd", parent=0, root=host)
    (made.proc / "1/mountinfo").write_text(MACHINE)
    written(host / f"var/lib/docker/containers/{DOCKER}/config.v2.json", json.dumps({"Name": "/lis-db"}))
    notes = json.dumps([{"id": OTHER, "names": ["another"]}, {"id": PODMAN, "names": ["pharmacy db"]}])
    written(host / "home/ana/.local/share/containers/storage/overlay-containers/containers.json", notes)
    return made


def written(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("group", "name"),
    [
        (f"/system.slice/docker-{DOCKER}.scope", "lis-db"),
        (f"/docker/{DOCKER}", "lis-db"),
        (f"/machine.slice/libpod-{PODMAN}.scope/container", "pharmacy_db"),
        (f"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{PODMAN}.scope", "pharmacy_db"),
        (f"/machine.slice/libpod-{'0' * 64}.scope/container", "0" * 12),
        ("/machine.slice/systemd-nspawn@old.service/payload/system.slice/mariadb.service", "old"),
        ("/machine.slice/machine-old.scope/payload", "old"),
        ("/lxc.payload.old/system.slice/mariadb.service", "old"),
        ("/system.slice/docker-4f1.scope", "docker-4f1.scope"),
        ("/", "elsewhere"),
    ],
)
def test_a_container_is_called_as_its_engine_calls_it(kernel: Kernel, group: str, name: str) -> None:
    assert called(f"9:name=systemd:/\n0::{group}", kernel.proc) == name


def test_one_of_an_older_kernel_is_known_by_any_of_its_groups(kernel: Kernel) -> None:
    assert called(f"9:name=systemd:/docker/{DOCKER}\n0::/", kernel.proc) == "lis-db"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/var/lib/data/main", "/srv/volumes/lis/_data/main"),
        ("/var/lib/mysql", "/var/lib/docker/overlay2/q/diff/var/lib/mysql"),
        ("/etc/hosts", "/etc/hosts"),
    ],
)
def test_files_of_a_container_lie_where_the_machine_sees_them(kernel: Kernel, path: str, place: str) -> None:
    folder = kernel.runs(70, "postgres")
    (folder / "mountinfo").write_text(INSIDE)
    assert lies(70, Path(path), kernel.proc) == Path(place)


def test_a_real_mount_of_another_namespace_is_followed_back(tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("needs root")
    (tmp_path / "volume/main").mkdir(parents=True)
    (tmp_path / "seen").mkdir()
    words = f"mount --bind '{tmp_path}/volume' '{tmp_path}/seen' && echo ready && exec sleep 60"
    with subprocess.Popen(
        ["unshare", "--mount", "--propagation=slave", "sh", "-c", words], stdout=subprocess.PIPE, text=True
    ) as inside:
        try:
            assert inside.stdout
            assert inside.stdout.readline() == "ready\n"
            assert lies(inside.pid, tmp_path / "seen/main", Path("/proc")) == tmp_path / "volume/main"
        finally:
            inside.kill()


def contained(kernel: Kernel, program: str, cwd: str, root: Path) -> None:
    """Let a server run in a container whose root lies in a folder."""
    folder = kernel.runs(70, program, group=f"/docker/{DOCKER}", root=root, cwd=cwd)
    (folder / "mountinfo").write_text(INSIDE)


def test_a_postgresql_server_in_a_container_is_told_with_its_folder(kernel: Kernel, tmp_path: Path) -> None:
    root = tmp_path / "container"
    written(root / "var/lib/data/postmaster.pid", "1\n/var/lib/data\n1763800000\n5432\n/tmp\n")
    for number in ("1", "4", "5", "16384", "16400"):
        (root / "var/lib/data/base" / number).mkdir(parents=True)
    contained(kernel, "postgres", "/var/lib/data", root)
    (one,) = postgresql.look(SearchContext(0, proc=kernel.proc))
    assert (one.name, one.places) == ("postgresql:lis-db:5432", ("/srv/volumes/lis/_data",))
    assert one.words.startswith(
        "2 databases in a PostgreSQL server in a container, with its files in /srv/volumes/lis/_data; a source of the "
        "kind postgresql with `container: lis-db` takes it"
    )
    assert meaningless(one.name) == ""


def test_a_mariadb_server_in_a_container_is_told_with_its_databases(kernel: Kernel, tmp_path: Path) -> None:
    root = tmp_path / "container"
    for name in ("mysql", "sys", "performance_schema", "billing", "pharmacy"):
        (root / "var/lib/data" / name).mkdir(parents=True)
    contained(kernel, "mariadbd", "/var/lib/data", root)
    (one, two) = mariadb.look(SearchContext(0, proc=kernel.proc))
    assert (one.name, one.places) == ("mariadb:lis-db/billing", ("/srv/volumes/lis/_data",))
    assert two.name == "mariadb:lis-db/pharmacy"
    assert "in a container, with its files in /srv/volumes/lis/_data; a source of the kind mariadb with" in one.words
    assert meaningless(one.name) == ""


def test_files_of_servers_that_do_not_run_are_found_in_volumes(kernel: Kernel, host: Path) -> None:
    podman, docker = host / "var/lib/containers/storage/volumes", host / "var/lib/docker/volumes"
    written(podman / "his/_data/pgdata/global/pg_control")
    written(podman / "his/_data/pgdata/base/5/PG_VERSION")
    written(docker / "old/_data/ibdata1")
    written(docker / "texts/_data/readme")
    scene = SearchContext(0, proc=kernel.proc)
    (one,), (two,) = postgresql.look(scene), mariadb.look(scene)
    assert (one.name, one.places) == (
        "postgresql:his:5432",
        ("/var/lib/containers/storage/volumes/his/_data/pgdata",),
    )
    assert "files of a PostgreSQL server that does not run, in a container's volume, /var/lib/containers" in one.words
    assert (two.name, two.places) == ("mariadb:old", ("/var/lib/docker/volumes/old/_data",))
    assert {meaningless(one.name), meaningless(two.name)} == {""}


def test_a_server_that_runs_is_not_told_again_by_its_volume(kernel: Kernel, host: Path, tmp_path: Path) -> None:
    root = tmp_path / "container"
    (root / "var/lib/data/billing").mkdir(parents=True)
    contained(kernel, "mariadbd", "/var/lib/data", root)
    (kernel.proc / "1/mountinfo").write_text(MACHINE.replace("/srv rw", "/var/lib/docker rw"))
    written(host / "var/lib/docker/volumes/lis/_data/ibdata1")
    assert [one.name for one in mariadb.look(SearchContext(0, proc=kernel.proc))] == ["mariadb:lis-db/billing"]


def test_files_of_a_stopped_container_in_a_folder_of_the_machine_are_found(kernel: Kernel, host: Path) -> None:
    podman = host / "var/lib/containers/storage/overlay-containers"
    written(podman / "containers.json", json.dumps([{"id": PODMAN, "names": ["his-db"], "layer": OTHER}]))
    given = [{"source": "/srv/his/data"}, {"source": "tmpfs"}, {"source": "/srv/texts/all"}]
    written(podman / PODMAN / "userdata/config.json", json.dumps({"mounts": given}))
    written(host / "srv/his/data/global/pg_control")
    points = {"/var/lib/mysql": {"Source": "/srv/lis/data"}}
    noted = {"Name": "/lis-db", "MountPoints": points}
    written(host / f"var/lib/docker/containers/{DOCKER}/config.v2.json", json.dumps(noted))
    written(host / "srv/lis/data/ibdata1")
    (host / "srv/lis/data/a@0020b").mkdir()
    scene = SearchContext(0, proc=kernel.proc)
    (one,), (two,) = postgresql.look(scene), mariadb.look(scene)
    assert (one.name, one.places) == ("postgresql:his-db:5432", ("/srv/his/data",))
    assert (two.name, two.places) == ("mariadb:lis-db/a b", ("/srv/lis/data",))


@pytest.mark.parametrize("noted", ["{", "[]", "[" * 100_000, '{"mounts": 5}'])
def test_garbage_of_one_container_is_unknown_for_that_alone(kernel: Kernel, host: Path, noted: str) -> None:
    written(host / f"var/lib/containers/storage/overlay-containers/{PODMAN}/userdata/config.json", noted)
    written(host / "var/lib/docker/volumes/old/_data/ibdata1")
    look = mariadb.look(SearchContext(0, proc=kernel.proc))
    assert next(look).name == "mariadb:old"
    with pytest.raises(Unavailable, match="what is noted of a container can't be read"):
        next(look)


def test_a_pipe_in_the_place_of_a_note_is_not_waited_for(kernel: Kernel, host: Path) -> None:
    note = host / f"home/ana/.local/share/containers/storage/overlay-containers/{OTHER}/userdata/config.json"
    note.parent.mkdir(parents=True)
    os.mkfifo(note)
    with pytest.raises(Unavailable):
        list(postgresql.look(SearchContext(0, proc=kernel.proc)))


def test_one_without_a_control_group_of_its_own_is_known_by_its_layer(kernel: Kernel, host: Path) -> None:
    layer = "7c" * 32
    podman = host / "var/lib/containers/storage"
    written(
        podman / "overlay-containers/containers.json", json.dumps([{"id": PODMAN, "names": ["hb"], "layer": layer}])
    )
    folder = kernel.runs(70, "postgres")
    (folder / "mountinfo").write_text(INSIDE.replace("/var/lib/docker/overlay2/q/", f"{podman}/overlay/{layer}/"))
    assert called("0::/", kernel.proc, 70) == "hb"
    assert called("0::/../../..", kernel.proc) == "elsewhere"


def test_one_server_that_cannot_be_looked_at_hides_no_other(kernel: Kernel, host: Path, tmp_path: Path) -> None:
    root = tmp_path / "container"
    kernel.runs(60, "postgres", root=host, cwd="/nowhere/at/all")
    written(root / "var/lib/data/postmaster.pid", "1\n/var/lib/data\n1763800000\n5432\n/tmp\n")
    contained(kernel, "postgres", "/var/lib/data", root)
    first, second = postgresql.look(SearchContext(0, proc=kernel.proc))
    assert (first.name, second.name) == ("postgresql:60", "postgresql:lis-db:5432")
    assert first.words == "a PostgreSQL server that can't be looked at: No such file or directory"


def test_homes_that_another_machine_shows_are_not_touched(kernel: Kernel) -> None:
    group = f"0::/libpod-{PODMAN}.scope"
    assert called(group, kernel.proc) == "pharmacy_db"
    far = "30 22 0:50 / /home/ana rw - nfs4 nas:/ana rw\n"
    (kernel.proc / "1/mountinfo").write_text(MACHINE + far)
    assert called(group, kernel.proc) == PODMAN[:12]
    (kernel.proc / "1/mountinfo").write_text(MACHINE + far.replace("/home/ana", "/home"))
    assert called(group, kernel.proc) == PODMAN[:12]
    assert [one.pid for one in processes(kernel.proc)] == [1]
