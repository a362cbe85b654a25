"""What of a machine is taken, what is refused, and how its restore is looked at; whole machines are in the lab."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from ops.core.errors import Damaged, PolicyError, Unavailable
from ops.core.schema import decode
from ops.core.verdict import Verdict
from ops.interfaces.source import Amount, CaptureContext, Stored
from ops.sources._shared.exclude import left_out
from ops.sources._shared.file_sample import Sample, Sampled
from ops.sources.machine import KIND, LEAST, PASSED, Options, _Capture, check, demand, demand_no_databases, demand_whole
from ops.sources.machine import system as known
from ops.sources.machine.clusters.locate import Place
from ops.sources.machine.clusters.online_backup import About, Cluster, Database
from ops.sources.machine.clusters.snapshot import Instant
from ops.sources.machine.data_dirs import databases, named
from ops.sources.machine.facts import MachineFacts, PackageList
from ops.sources.postgresql.session import Session

TABLE = r"""
25 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
26 25 0:5 / /proc rw,nosuid shared:12 - proc proc rw
27 25 0:22 / /run rw,nosuid shared:5 - tmpfs tmpfs rw,mode=755
28 25 0:22 {origin} {place} ro,nosuid shared:9 - {type} {source} rw
"""


def table(tmp_path: Path, place: str, origin: str = "/", type: str = "ext4", source: str = "/dev/vdb1") -> list:
    path = tmp_path / "mountinfo"
    path.write_text(TABLE.strip().format(place=place, origin=origin, type=type, source=source))
    return known.mounts(path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in LEAST:
        (tmp_path / "root" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / name).write_text("there")
    return tmp_path / "root"


def test_a_machine_with_all_that_a_boot_needs_is_taken(root: Path) -> None:
    demand(Options(), root)


@pytest.mark.parametrize("name", LEAST)
def test_a_machine_that_would_not_boot_is_refused(root: Path, name: str) -> None:
    (root / name).unlink()
    with pytest.raises(Damaged, match=f"missing: .*/{name};"):
        demand(Options(), root)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"filesystems": ["/srv"]}, "must contain /"),
        ({"filesystems": ["/", "srv"]}, "expected an absolute path"),
        ({"leave_out": ["var/lib/mysql"]}, "expected an absolute path"),
        ({"exclude": ["etc"]}, "excludes all of /etc/fstab"),
        ({"leave_out": ["/usr"]}, "excludes all of /usr/lib/systemd/systemd"),
        ({"leave_out": ["/"]}, "the pattern '/' can't be used"),
    ],
)
def test_options_that_would_take_no_machine_are_refused(options: dict[str, list[str]], words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        decode(Options, options, "options")


def test_a_file_system_that_is_not_mounted_is_refused(root: Path, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="nothing is mounted at"):
        demand(Options(filesystems=("/", str(tmp_path))), root)


@pytest.mark.parametrize(("origin", "type"), [("/systemd/inaccessible/dir", "tmpfs"), ("/", "tmpfs")])
def test_what_the_unit_hides_is_refused(tmp_path: Path, origin: str, type: str) -> None:
    with pytest.raises(Unavailable, match="this unit can't see /root"):
        demand_whole(["/"], table(tmp_path, "/root", origin, type, "tmpfs"), left_out(PASSED))


def test_a_file_system_of_its_own_that_a_boot_needs_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known.Mount, "device", property(lambda mount: Path("/proc").stat().st_dev))
    passed = left_out([*PASSED, "/var/lib/docker/*"])
    with pytest.raises(Unavailable, match=r"^/var/lib is a separate file system.*\n  add it to options.filesystems"):
        demand_whole(["/"], table(tmp_path, "/var/lib")[2:], passed)
    assert demand_whole(["/"], table(tmp_path, "/var/lib/docker/x")[2:], passed) == []
    assert demand_whole(["/"], table(tmp_path, r"/data\040one")[2:], passed) == ["/data one"]
    assert demand_whole(["/"], table(tmp_path, "/var/x", type="proc", source="proc")[2:], passed) == []
    assert demand_whole(["/"], table(tmp_path, "/var/x", type="overlay", source="overlay")[2:], passed) == []
    monkeypatch.setattr(known.Mount, "device", property(lambda mount: Path("/").stat().st_dev))
    assert demand_whole(["/"], table(tmp_path, "/var/lib")[2:], passed) == []


def cluster(root: Path) -> Path:
    folder = root / "var/lib/postgresql/15/main"
    (folder / "pg_tblspc").mkdir(parents=True)
    (folder / "PG_VERSION").write_text("15\n")
    return folder


def test_databases_are_found_with_what_they_keep_elsewhere(tmp_path: Path) -> None:
    assert databases(tmp_path) == []
    folder = cluster(tmp_path)
    (tmp_path / "space").mkdir()
    (folder / "pg_tblspc/16400").symlink_to(tmp_path / "space")
    (tmp_path / "var/lib/mysql").mkdir()
    (tmp_path / "var/lib/mysql/ibdata1").touch()
    (tmp_path / "moved").mkdir()
    (tmp_path / "moved/ibdata1").touch()
    (tmp_path / "etc/mysql/mariadb.conf.d").mkdir(parents=True)
    (tmp_path / "etc/mysql/mariadb.conf.d/50-server.cnf").write_text(f"[mariadbd]\ndatadir = {tmp_path}/moved\n")
    (tmp_path / "running").mkdir()
    (tmp_path / "proc/77").mkdir(parents=True)
    (tmp_path / "proc/77/cmdline").write_bytes(
        b"/usr/lib/postgresql/15/bin/postgres\0-D\0%b\0" % bytes(tmp_path / "running")
    )
    found = databases(tmp_path)
    assert found == sorted([folder, *(tmp_path / name for name in ("space", "moved", "running", "var/lib/mysql"))])


@pytest.mark.parametrize(
    ("words", "folder"),
    [
        (["mariadbd", "--datadir=/srv/my"], ["/srv/my"]),
        (["mysqld", "--datadir", "/srv/my", "-u", "mysql"], ["/srv/my"]),
        (["postgres", "-D/srv/pg"], ["/srv/pg"]),
        (["postgres", "-c", "port=1"], []),
    ],
)
def test_command_lines_tell_their_data_folders(words: list[str], folder: list[str]) -> None:
    assert list(named(words)) == folder


def test_a_database_that_would_be_taken_is_refused_and_one_left_out_is_listed(tmp_path: Path) -> None:
    folder = cluster(tmp_path)
    with pytest.raises(Damaged, match=f"can't be backed up reliably: {folder}\n  add it to options.leave_out"):
        demand_no_databases([str(tmp_path)], [folder], left_out(PASSED[:1]))
    assert demand_no_databases([str(tmp_path)], [folder], left_out([f"{tmp_path}/var/lib/postgresql/*"])) == [
        str(folder)
    ]
    assert demand_no_databases(["/proc"], [folder], left_out(PASSED[:1])) == []


def test_what_is_made_anew_is_left_out_and_its_folder_kept() -> None:
    passed = left_out(PASSED)
    assert not any(map(passed, ("/proc", "/tmp", "/run", "/dev", "/sys", "/var/tmp", "/var/cache/seawall", "/etc")))
    assert all(
        map(passed, ("/proc/1/fd", "/run/.hidden", "/var/cache/apt/archives/a_1.deb", "/var/lib/seawall/trees/x"))
    )
    assert not any(map(passed, ("/var/lib/seawall/ledger/a", "/home/proc/x", "/srv/tmp/x")))


def test_swap_files_are_known(tmp_path: Path) -> None:
    (tmp_path / "swaps").write_text(
        "Filename\tType\tSize\tUsed\tPriority\n/swap\\040file   file  1  0  -2\n/dev/vda3 partition 1 0 -3\n"
    )
    assert known.swap_files(tmp_path / "swaps") == ["/swap file"]
    assert known.swap_files(tmp_path / "none") == []


def facts(**other: object) -> MachineFacts:
    words = dict.fromkeys(("codename", "architecture", "kernel", "hostname"), "")
    return MachineFacts(
        **{
            **words,
            "engine": "machine",
            "release": "Debian",
            "restored_from_dump": (),
            "not_taken": (),
            "filesystems": {},
            "packages": PackageList(0, "0" * 64),
            "files": 0,
            "bytes": 0,
            "sample": {},
            **other,
        }
    )


def capture(tmp_path: Path, before: Amount, leave_out: tuple[str, ...] = (), accepted: str = "") -> _Capture:
    scene = CaptureContext(tmp_path, before, accepted)
    return _Capture(Options(leave_out=leave_out), scene, (), ["/var/lib/mysql"], (), Sample(), "")


def test_a_machine_of_which_most_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Damaged, match="the limit is"):
        capture(tmp_path, Amount(100, 9)).finish(facts(), Stored(10, 9, {}))
    with pytest.raises(Damaged, match="no files of the machine"):
        capture(tmp_path, Amount()).finish(facts(), Stored(0, 0, {}))
    assert capture(tmp_path, Amount(11, 9)).finish(facts(), Stored(10, 9, {})).warnings == ()


def test_a_folder_left_out_for_no_database_is_told(tmp_path: Path) -> None:
    told = capture(tmp_path, Amount(), ("/var/lib/mysql", "/srv")).finish(facts(), Stored(10, 9, {}))
    assert told.warnings == ("/srv is left out, but contains no database",)
    assert capture(tmp_path, Amount(), ("/var/lib",)).finish(facts(), Stored(10, 9, {})).warnings == ()


def test_every_look_at_a_restored_machine_fires(root: Path) -> None:
    known = facts(sample={"/etc/fstab": Sampled(5, 0, "0")})
    found = dict(check(root, known, ()))
    assert (found["content"].verdict, found["system"].verdict) == (Verdict.FAIL, Verdict.PASS)
    assert found["system"].message == "Debian, with everything needed to boot"
    root.chmod(0o700)
    assert dict(check(root, known, ()))["system"].message.endswith(f"; before booting it, run: chmod 755 {root}")
    (root / "etc/passwd").unlink()
    (root / "etc/os-release").unlink()
    (root / "etc/os-release").symlink_to("../usr/lib/os-release")
    found = dict(check(root, facts(), ()))
    assert not found["content"].configured
    assert found["system"].message == "/etc/os-release is missing; /etc/passwd is missing"
    assert [name for name, _ in check(root, known, ("/srv",))] == ["content"]


def test_what_it_covers() -> None:
    assert KIND.covers(Options(filesystems=("/", "/var"))) == ["path:/", "path:/var"]


class Torn(Database):
    """A database whose tables can't all be read."""

    def facts(self) -> NoReturn:
        raise Unavailable("PostgreSQL: could not open a file")


class Kept(Session):
    """A session that finds the log whole."""

    def __init__(self) -> None:
        """Have no server."""

    def ask(self, query: str) -> list[str]:
        return ["slot"]


def test_a_database_that_fails_while_it_is_counted_is_told(tmp_path: Path) -> None:
    place, session = Place(5432, tmp_path, tmp_path, ()), Kept()
    about = About(server_version="15", major=15, standby=False, segment_bytes=16 << 20)
    databases = {"torn": Torn(session, {}, ())}
    cluster = Cluster(place, "slot", session, ExitStack(), about, databases=databases, instant=Instant("slot", 0, True))
    taken = replace(capture(tmp_path, Amount()), clusters=[cluster])
    told = taken.finish(facts(), Stored(10, 9, {}))
    (words,) = told.warnings
    assert words == "5432/torn is in the set, but was not counted: PostgreSQL: could not open a file"
    assert told.clusters["5432"].uncounted == ("torn",)
