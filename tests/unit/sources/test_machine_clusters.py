"""Where a running cluster keeps its files, which of them a machine's backup takes, and from when to when its log."""

from pathlib import Path

import pytest

from ops.core.errors import Damaged, Unavailable
from ops.sources._shared.exclude import left_out
from ops.sources.machine import Options, demand_no_databases
from ops.sources.machine.clusters.locate import Place, demand_taken, found
from ops.sources.machine.clusters.snapshot import ENDED, Beginning, began, place, sees, segments, written

LABEL = """START WAL LOCATION: 1A/FE000028 (file 000000020000001A000000FE)
CHECKPOINT LOCATION: 1A/FE000060
BACKUP METHOD: streamed
BACKUP FROM: primary
START TIME: 2026-11-22 20:48:44 UTC
LABEL: seawall-1
START TIMELINE: 2
"""
TOLD = (
    "rmgr: Transaction len (rec/tot):     34/    34, tx:        731, lsn: 0/030000D0, prev 0/03000090,"
    " desc: COMMIT 2026-11-22 20:48:44.683018 UTC\n"
    "rmgr: Transaction len (rec/tot):     34/    34, tx:        732, lsn: 0/030000F8, prev 0/030000D0,"
    " desc: ABORT 2026-11-22 20:48:44.683018 UTC\n"
    "rmgr: Transaction len (rec/tot):     66/    66, tx:          0, lsn: 0/03000120, prev 0/030000F8,"
    " desc: COMMIT_PREPARED 730: 2026-11-22 20:48:44.683018 UTC\n"
)


def cluster(root: Path, process: str = "77") -> Path:
    data = root / "data"
    (data / "pg_tblspc").mkdir(parents=True)
    (data / "postmaster.pid").write_text(f"{process}\n{data}\n")
    (root / "log").mkdir()
    (data / "pg_wal").symlink_to(root / "log")
    (root / "space").mkdir()
    (data / "pg_tblspc/16400").symlink_to(root / "space")
    (data / "pg_tblspc/16401").mkdir()
    (root / ".s.PGSQL.5432.lock").write_text(f"77\n{data}\n1795380524\n5432\n{root}\n")
    return data


def test_a_cluster_is_found_with_its_log_and_table_spaces(tmp_path: Path) -> None:
    data = cluster(tmp_path)
    there = found(5432, tmp_path)
    assert there == Place(5432, data, tmp_path / "log", (tmp_path / "space",), tmp_path)
    with pytest.raises(Unavailable, match="no PostgreSQL server was found at port 5433"):
        found(5433, tmp_path)


def test_a_data_folder_of_another_server_is_refused(tmp_path: Path) -> None:
    cluster(tmp_path, process="78")
    with pytest.raises(Unavailable, match="does not belong to the server at port 5432"):
        found(5432, tmp_path)


def test_what_recovery_must_not_find_is_left_out_and_its_folders_are_kept() -> None:
    data, log, space = Path("/srv/a[1]"), Path("/srv/log"), Path("/srv/space")
    passed = left_out([*Place(5432, data, log, (space,)).exclude])
    inside = ("postmaster.pid", "backup_label", "backup_label.old", "pg_replslot/s", "base/pgsql_tmp/1", "pg_notify/0")
    assert all(passed(f"{data}/{name}") for name in inside)
    assert passed(f"{log}/000000010000000000000001")
    assert passed(f"{space}/PG_15_202209061/pgsql_tmp/1")
    kept = ("", "/pg_replslot", "/pg_notify", "/base/5/1259", "/global/pg_control", "/pg_wal", "/postgresql.auto.conf")
    assert not any(passed(f"{data}{name}") for name in kept)
    assert not any(map(passed, (str(log), f"{space}/PG_15_202209061/5/1", "/srv/a1/postmaster.pid")))


def test_a_part_of_a_cluster_that_would_not_be_taken_is_named(tmp_path: Path) -> None:
    data = cluster(tmp_path)
    there = found(5432, tmp_path)
    demand_taken([there], [str(tmp_path)], left_out(["/nowhere"]))
    with pytest.raises(Unavailable, match=rf"would not be backed up: {tmp_path}/space \(port 5432\)\n"):
        demand_taken([there], [str(tmp_path)], left_out([f"{tmp_path}/space"]))
    with pytest.raises(Unavailable, match=f"{data}.*{tmp_path}/log"):
        demand_taken([there], ["/proc"], left_out(["/nowhere"]))


def test_only_the_clusters_that_are_named_may_be_taken(tmp_path: Path) -> None:
    data = cluster(tmp_path)
    there = found(5432, tmp_path)
    passed = left_out(["/nowhere"])
    folders = [data, tmp_path / "log", tmp_path / "space"]
    assert demand_no_databases([str(tmp_path)], folders, passed, [there]) == []
    (tmp_path / "mysql").mkdir()
    with pytest.raises(Damaged, match=f"can't be backed up reliably: {tmp_path}/mysql\n"):
        demand_no_databases([str(tmp_path)], [*folders, tmp_path / "mysql"], passed, [there])
    (tmp_path / "linked").symlink_to(data)
    assert demand_no_databases([str(tmp_path)], [tmp_path / "linked"], passed, [there]) == []


@pytest.mark.parametrize("ports", [(0,), (65_536,), (5432, 5432)])
def test_clusters_are_ports_each_once(ports: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected each port only once"):
        Options(clusters=ports)


def test_a_label_tells_where_recovery_begins() -> None:
    assert began(LABEL) == Beginning(place("1A/FE000028"), 2)
    with pytest.raises(Unavailable, match="backup label can't be read"):
        began(LABEL.replace("START TIMELINE", "TIMELINE"))


def test_places_are_written_as_they_are_read() -> None:
    assert [written(place(text)) for text in ("0/3000090", "1A/FE000028")] == ["0/3000090", "1A/FE000028"]


def test_the_log_is_its_files_from_the_first_place_to_the_last() -> None:
    size = 16 << 20
    assert segments(2, size, place("1A/FE000028"), place("1B/1")) == [
        "000000020000001A000000FE",
        "000000020000001A000000FF",
        "000000020000001B00000000",
    ]
    # What ends with a file does not need the next one.
    assert segments(1, size, place("0/2000028"), place("0/3000000")) == ["000000010000000000000002"]
    assert segments(1, 64 << 20, place("0/2000028"), place("0/4000001")) == [
        "000000010000000000000000",
        "000000010000000000000001",
    ]


def test_transactions_that_ended_well_are_read_from_the_log() -> None:
    assert [int(one[2] or one[1]) for one in ENDED.finditer(TOLD)] == [731, 730]


@pytest.mark.parametrize(
    ("snapshot", "transaction", "seen"),
    [
        ("731:731:", 730, True),
        ("731:731:", 731, False),
        ("725:731:725,728", 728, False),
        ("725:731:725,728", 726, True),
        ("725:731:725,728", 900, False),
        # The log knows 32 bits of a number alone.
        ("4294967300:4294967310:4294967301", 5, False),
        ("4294967300:4294967310:4294967301", 6, True),
        ("4294967300:4294967310:4294967301", 4_294_967_290, True),
        ("4294967290:4294967294:", 3, False),
    ],
)
def test_a_snapshot_sees_what_had_ended(snapshot: str, transaction: int, seen: bool) -> None:
    assert sees(snapshot, transaction) is seen


def test_a_server_without_a_table_space_of_its_own(tmp_path: Path) -> None:
    data = cluster(tmp_path)
    (data / "pg_tblspc/16400").unlink()
    (data / "pg_wal").unlink()
    (data / "pg_wal").mkdir()
    assert found(5432, tmp_path).folders == (data, data / "pg_wal")
    (data / "postmaster.pid").unlink()
    with pytest.raises(Unavailable, match="no PostgreSQL server was found"):
        found(5432, tmp_path)
