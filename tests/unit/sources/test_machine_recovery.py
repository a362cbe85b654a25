"""A restored machine's clusters are made to recover, whatever tree and manifest somebody may have prepared."""

import os
from pathlib import Path

import pytest
from test_machine import facts

from ops.core.document import decode
from ops.core.errors import Damaged, UsageError
from ops.core.verdict import Finding, Verdict
from ops.sources.machine.clusters.recovery import _fair, answer, complete, log_there
from ops.sources.machine.facts import ClusterFacts, LogFacts

DATA = "/var/lib/postgresql/15/main"
TARGET = "seawall-0123abcd-2"
CLUSTER = {
    "server_version": "15.18",
    "major": 15,
    "segment_bytes": 16 << 20,
    "data": DATA,
    "target": TARGET,
    "approximate": False,
    "databases": {},
}
NO_CLUSTER = facts()
FACTS = facts(clusters={"5432": decode(ClusterFacts, CLUSTER, "manifest.json")})
WORDS = f"restore_command = '/bin/false'\nrecovery_target_name = '{TARGET}'\nrecovery_target_action = 'promote'\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "root" / DATA[1:]
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    (folder / "postgresql.auto.conf").write_text("work_mem = '8MB'")
    return folder


@pytest.fixture
def texts(tmp_path: Path) -> dict[str, Path]:
    folder = tmp_path / "manifest"
    folder.mkdir()
    kept = {"backup_label-5432": "LABEL\n", "tablespace_map-5432": "16400 /srv/space\n", "layout.txt": "disks\n"}
    for name, text in kept.items():
        (folder / name).write_text(text)
    return {name: folder / name for name in kept}


def root(data: Path) -> Path:
    return data.parents[4]


def test_a_cluster_is_told_where_to_begin_and_where_to_stop(data: Path, texts: dict[str, Path]) -> None:
    complete(root(data), FACTS, texts)
    assert (data / "backup_label").read_text() == "LABEL\n"
    assert (data / "tablespace_map").read_text() == "16400 /srv/space\n"
    assert (data / "recovery.signal").read_text() == ""
    assert (data / "postgresql.auto.conf").read_text() == f"work_mem = '8MB'\n{WORDS}"
    assert sorted(path.name for path in data.iterdir()) == [
        "backup_label",
        "postgresql.auto.conf",
        "recovery.signal",
        "tablespace_map",
    ]


def test_it_can_be_done_again(data: Path, texts: dict[str, Path]) -> None:
    for _ in range(2):
        complete(root(data), FACTS, texts)
    assert (data / "postgresql.auto.conf").read_text().count("restore_command") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize(("folder", "file"), [(0o700, 0o600), (0o750, 0o640)])
def test_what_is_written_belongs_to_the_cluster(data: Path, texts: dict[str, Path], folder: int, file: int) -> None:
    os.chown(data, 1234, 1235)
    data.chmod(folder)
    complete(root(data), FACTS, texts)
    for path in data.iterdir():
        seen = path.stat()
        assert (seen.st_uid, seen.st_gid, seen.st_mode & 0o7777) == (1234, 1235, file)


def test_without_settings_and_table_spaces(data: Path, texts: dict[str, Path]) -> None:
    (data / "postgresql.auto.conf").unlink()
    del texts["tablespace_map-5432"]
    complete(root(data), FACTS, texts)
    assert (data / "postgresql.auto.conf").read_text() == WORDS
    assert not (data / "tablespace_map").exists()


def test_a_machine_without_clusters_needs_nothing(tmp_path: Path) -> None:
    complete(tmp_path, NO_CLUSTER, {})


def test_nothing_is_written_through_a_link_on_the_way(data: Path, texts: dict[str, Path], tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    data.rename(outside)
    data.symlink_to(outside)
    before = sorted(outside.iterdir())
    with pytest.raises(Damaged, match="is not a folder in the restored machine"):
        complete(root(data), FACTS, texts)
    assert sorted(outside.iterdir()) == before


@pytest.mark.parametrize("name", ["backup_label", "tablespace_map", "recovery.signal"])
def test_a_link_in_the_place_of_a_file_is_replaced(
    data: Path, texts: dict[str, Path], tmp_path: Path, name: str
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (data / name).symlink_to(victim)
    complete(root(data), FACTS, texts)
    assert victim.read_text() == "mine"
    assert not (data / name).is_symlink()


def test_settings_that_are_no_small_plain_file_are_refused(data: Path, texts: dict[str, Path], tmp_path: Path) -> None:
    settings = data / "postgresql.auto.conf"
    settings.unlink()
    settings.symlink_to("/etc/hostname")
    with pytest.raises(Damaged, match="can't be read"):
        complete(root(data), FACTS, texts)
    settings.unlink()
    os.mkfifo(settings)
    with pytest.raises(Damaged, match="is not a file"):
        complete(root(data), FACTS, texts)
    settings.unlink()
    with settings.open("wb") as file:
        file.truncate((1 << 20) + 1)
    with pytest.raises(Damaged, match="is implausibly large"):
        complete(root(data), FACTS, texts)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"target": "x'\nshared_preload_libraries = 'evil"}, "target: expected the name of a restore point"),
        ({"target": ""}, "target: expected the name of a restore point"),
        ({"data": "/var/lib/../../../srv"}, "data: expected an absolute path"),
        ({"data": "/nowhere"}, "is not a folder in the restored machine"),
    ],
)
def test_a_manifest_that_asks_for_more_is_refused(
    data: Path, texts: dict[str, Path], change: dict[str, str], words: str
) -> None:
    with pytest.raises(Damaged, match=words):
        cluster = decode(ClusterFacts, {**CLUSTER, **change}, "manifest.json")
        complete(root(data), facts(clusters={"5432": cluster}), texts)


@pytest.mark.parametrize("port", ["", "x", "0", "65536", "-1", "5432; rm -rf /", "٥٤٣٢"])
def test_a_cluster_is_named_by_its_port(port: str) -> None:
    with pytest.raises(ValueError, match="expected the number of a port"):
        facts(clusters={port: FACTS.clusters["5432"]})


def test_a_cluster_that_ran_already_is_refused(data: Path, texts: dict[str, Path]) -> None:
    (data / "backup_label.old").touch()
    with pytest.raises(Damaged, match=f"{DATA} was already started"):
        complete(root(data), FACTS, texts)


def test_every_file_of_the_log_is_looked_for(tmp_path: Path) -> None:
    known = LogFacts(log={"/pg_wal/1": 4, "/pg_wal/2": 4}, files=2, bytes=8)
    (tmp_path / "pg_wal").mkdir()
    for name in "12":
        (tmp_path / "pg_wal" / name).write_text("four")
    ((name, finding),) = log_there(tmp_path, known)
    assert (name, finding.verdict, finding.message) == (
        "log",
        Verdict.PASS,
        "2 files of the databases' log, as in the manifest",
    )
    (tmp_path / "pg_wal/1").write_text("five!")
    (tmp_path / "pg_wal/2").unlink()
    ((_, finding),) = log_there(tmp_path, known)
    assert (finding.verdict, finding.message) == (Verdict.FAIL, "1 has 5 bytes, but had 4; 2 is missing")
    (tmp_path / "pg_wal/1").unlink()
    (tmp_path / "pg_wal/1").symlink_to("four")
    assert log_there(tmp_path, known)[0][1].verdict is Verdict.FAIL


def test_counts_of_about_the_instant_are_no_proof_against_a_database() -> None:
    wrong = Finding(Verdict.FAIL, "t has 1 rows, but had 2")
    assert _fair("volume", wrong, ClusterFacts(**CLUSTER)) is wrong
    assert _fair("structure", wrong, ClusterFacts(**{**CLUSTER, "approximate": True})) is wrong
    assert _fair("volume", wrong, ClusterFacts(**{**CLUSTER, "approximate": True})).verdict is Verdict.WARN
    good = Finding(Verdict.PASS, "2 rows")
    assert _fair("volume", good, ClusterFacts(**{**CLUSTER, "approximate": True})) is good


@pytest.mark.parametrize("database", ["", "his", "5432", "5432/", "port/his"])
def test_a_question_names_cluster_and_database(database: str) -> None:
    with pytest.raises(UsageError, match="is not a database of a machine"):
        answer(None, database, "select 1")
