"""A PostgreSQL cluster whose log is archived comes back as it was at any moment, or it is said why not."""

import json
import os
import re
import shlex
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from archived import ASSET, GRANTS, Site, words
from one_machine import copied, served, set_policy
from throwaway_postgresql import ONLY_ROOT, PROGRAMS, cluster

pytestmark = ONLY_ROOT


@pytest.fixture(scope="module")
def site(backed_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with TemporaryDirectory(prefix="archived-") as folder:
        open_ = Path(folder)
        (open_ / "var/spool/seawall" / ASSET).mkdir(parents=True)
        open_.chmod(0o755)
        shutil.chown(open_ / "var/spool/seawall" / ASSET, "postgres")
        machine = copied(backed_up, tmp_path_factory.mktemp("archived"))
        (machine.root / "var/spool").mkdir(parents=True)
        (machine.root / "var/spool/seawall").symlink_to(open_ / "var/spool/seawall")
        command = shlex.quote(f"archive_command={words(open_)}")
        with cluster("archive_mode=on", command, wal_segment="1") as server, served(machine):
            server.psql(GRANTS)
            options = {"wal": True, "socket": server.socket}
            set_policy(machine, {ASSET: {"all": ("postgresql_cluster", options)}})
            yield Site(machine, server, open_)


def test_a_cluster_comes_back_as_it_was_at_a_moment(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert site.machine.seawall("log", ASSET) == 1
    assert "there is no backup yet" in capsys.readouterr().out
    before = site.visit(0)
    assert site.machine.seawall("backup", ASSET) == 0
    moments = [site.visit(number) for number in range(1, 4)]
    assert site.machine.seawall("log", ASSET) == 0
    moments += [site.visit(number) for number in range(4, 7)]
    assert site.machine.seawall("log", ASSET) == 0
    assert not list(site.spool.iterdir())
    records = (site.machine.root / "var/lib/seawall/ledger/ledger.jsonl").read_text().splitlines()
    results = [record["result"] for record in map(json.loads, records) if record["act"] == "log"]
    assert results == ["fail", "pass"]  # of two good ones on a day the first alone
    state = site.machine.state(f"log-{ASSET}")
    assert state["verdict"] == "pass"
    assert datetime.fromisoformat(state["last_good"]["time"]) > moments[-1] - timedelta(seconds=1)

    assert site.recover("third", moments[2].isoformat()) == 0
    assert "its last commit is of 20" in capsys.readouterr().out
    assert site.recovered("third") == [0, 1, 2, 3]
    assert site.machine.seawall("copy", ASSET) == 0
    assert ", with its log up to 20" in capsys.readouterr().out
    assert site.recover("late", "latest", "--from", "offsite") == 0
    assert site.recovered("late") == list(range(7))

    capsys.readouterr()
    assert site.recover("early", before.isoformat()) == 2
    assert "the first moment" in capsys.readouterr().err
    ahead = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    assert site.recover("ahead", ahead) == 2
    assert "the log reaches to" in capsys.readouterr().err
    assert site.recover("third", "latest") == 2
    assert "not an empty folder" in capsys.readouterr().err


def test_a_batch_that_is_cut_off_is_stored_by_the_next(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing leaves the spool before the repository lists it."""
    from ops.jobs.log import job

    site.visit(7)

    def cut(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(job, "_read_back", cut)
        assert site.machine.seawall("log", ASSET) == 130
    left = sorted(path.name for path in site.spool.iterdir())
    assert left
    assert site.machine.seawall("log", ASSET) == 0
    assert not list(site.spool.iterdir())
    assert site.machine.state(f"log-{ASSET}")["last_good"]["files"] > len(left)


def test_a_library_that_the_databases_load_for_sessions_is_not_loaded(site: Site) -> None:
    """It is none of the files that were taken: it may be anybody's, and here it is gone."""
    library = site.open / "library.so"
    shutil.copy(PROGRAMS.parent / "lib/auto_explain.so", library)
    library.chmod(0o755)
    site.server.psql(f"alter database postgres set session_preload_libraries = '{library}'")
    site.server.psql(f"alter role postgres set session_preload_libraries = '{library}'")
    loaded = site.visit(11)
    site.server.psql("alter database postgres reset all; alter role postgres reset all")
    site.visit(12)
    library.unlink()
    assert site.machine.seawall("log", ASSET) == 0
    assert site.recover("library", loaded.isoformat()) == 0


def test_a_link_that_is_put_in_the_folder_s_place_is_not_followed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder above may be the server's account's own, which may be an intruder by now."""
    from ops.jobs.restore import moment

    victim = site.open / "victim"
    victim.mkdir(mode=0o755)

    def swapped(folder: Path, *_words: object) -> None:
        folder.symlink_to(victim)

    monkeypatch.setattr(moment, "demand_room", swapped)
    assert site.recover("swapped", "latest") == 1
    assert victim.stat().st_mode & 0o777 == 0o755
    assert not list(victim.iterdir())


def test_a_missing_segment_is_named_at_once_and_a_backup_begins_anew(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    good = site.machine.state(f"log-{ASSET}")["last_good"]["time"]
    lost = site.lose(8)
    after = site.visit(9)
    capsys.readouterr()
    assert site.machine.seawall("log", ASSET) == 1
    said = capsys.readouterr().out
    assert f"{lost} is missing: nothing after {good} can be restored" in said
    state = site.machine.state(f"log-{ASSET}")
    assert (state["verdict"], state["last_good"]["time"]) == ("fail", good)
    site.machine.seawall("check")
    told = capsys.readouterr().out
    assert re.search(rf"^fail +backup_age-{ASSET} .*{lost} is missing", told, re.MULTILINE)
    assert site.recover("beyond", after.isoformat()) == 2
    assert f"after it, {lost} is missing" in capsys.readouterr().err

    assert site.machine.seawall("backup", ASSET) == 0
    assert site.machine.seawall("log", ASSET) == 0
    assert site.machine.state(f"log-{ASSET}")["verdict"] == "pass"
    capsys.readouterr()
    site.machine.seawall("check")
    assert re.search(rf"^pass +backup_age-{ASSET} ", capsys.readouterr().out, re.MULTILINE)


def test_a_log_that_was_not_the_servers_is_left_alone(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """What somebody puts into the spool is neither followed nor stored nor removed."""
    (site.spool / "0000000100000000000000FF").symlink_to("/etc/shadow")
    (site.spool / "-x\n").write_text("a name")
    os.mkfifo(site.spool / "00000009.history")
    assert site.machine.seawall("log", ASSET) == 0
    assert "3 things in" in capsys.readouterr().out
    assert len(list(site.spool.iterdir())) == 3
    for path in site.spool.iterdir():
        path.unlink()


def test_a_moment_whose_segment_was_not_stored_is_not_claimed(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """What has its name in the spool is none: the server could not archive it, and says so in its log alone."""
    site.full(20)
    site.visit(21)
    name = site.server.psql("select pg_walfile_name(pg_current_wal_lsn())")
    os.mkfifo(site.spool / name)
    after = site.visit(22)
    capsys.readouterr()
    assert site.machine.seawall("log", ASSET) == 1
    assert f"{name} was not archived" in capsys.readouterr().out
    assert site.recover("claimed", after.isoformat()) == 2
    (site.spool / name).unlink()
    assert site.machine.seawall("log", ASSET) == 0


def test_a_folder_that_is_replaced_while_files_are_brought_leads_nowhere(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root writes for minutes below a folder whose parent may be the server's account's own."""
    from ops.restic.repository import Repository

    victim, bring = site.open / "minutes", Repository.restore
    victim.mkdir(mode=0o755)

    def swapped(*words: Any, **more: Any) -> None:
        if not (site.open / "replaced").is_symlink():
            (site.open / "replaced").rename(site.open / "away")
            (site.open / "replaced").symlink_to(victim)
        bring(*words, **more)

    monkeypatch.setattr(Repository, "restore", swapped)
    assert site.recover("replaced", "latest") == 1
    assert not list(victim.iterdir())


def test_no_link_and_no_device_of_a_cluster_comes_back(site: Site) -> None:
    """A device would be the account's that the server runs as, and a link leads it to the live server's files."""
    data = Path(site.server.socket, "data")
    (data / "base/leads").symlink_to(data)
    os.mkfifo(data / "base/waits")
    os.mknod(data / "global/disk", stat.S_IFBLK | 0o600, os.makedev(7, 250))
    try:
        assert site.machine.seawall("backup", ASSET) == 0
        site.visit(30)
        assert site.machine.seawall("log", ASSET) == 0
        assert site.recover("plain", "latest") == 0
    finally:
        for name in ("base/leads", "base/waits", "global/disk"):
            (data / name).unlink()
    left = [path for path in (site.open / "plain/data").rglob("*") if not path.is_dir()]
    assert len(left) > 900
    assert [path for path in left if path.is_symlink() or not path.is_file()] == []
    assert site.recovered("plain")[-1] == 30


def test_a_segment_that_is_not_what_its_name_says_is_not_stored(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    path = site.full(31)
    content = path.read_bytes()
    path.write_bytes(os.urandom(len(content)))
    capsys.readouterr()
    assert site.machine.seawall("log", ASSET) == 1
    assert f"{path.name} is missing" in capsys.readouterr().out
    assert [one.name for one in site.spool.iterdir()] == [path.name]
    path.write_bytes(content)
    assert site.machine.seawall("log", ASSET) == 0


def test_what_is_stored_already_is_not_stored_again(site: Site) -> None:
    """A server that was killed archives its last segment again."""
    path = site.full(32)
    content = path.read_bytes()
    assert site.machine.seawall("log", ASSET) == 0
    site.lay(path.name, content)
    assert site.machine.seawall("log", ASSET) == 0
    assert not list(site.spool.iterdir())


def test_a_log_that_was_written_twice_differently_ends_before_the_second(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """As by a machine that was set back to its state of an hour before: no number is missing, and nothing fits."""
    path = site.full(33)
    content = path.read_bytes()
    assert site.machine.seawall("log", ASSET) == 0
    site.lay(path.name, content[:-1] + b"x")
    capsys.readouterr()
    for _ in range(2):  # it stays so until a backup
        assert site.machine.seawall("log", ASSET) == 1
        assert f"{path.name} was archived twice" in capsys.readouterr().out
    assert site.recover("before", "latest") == 0
    assert site.recovered("before")[-1] == 33
    assert site.machine.seawall("backup", ASSET) == 0


def test_a_log_that_ends_before_what_was_archived_is_not_recovered(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """PostgreSQL takes what it can't read for the end of its log, and is content."""
    path = site.full(34)
    content = path.read_bytes()
    path.write_bytes(content[:40] + os.urandom(len(content) - 40))
    assert site.machine.seawall("log", ASSET) == 0
    capsys.readouterr()
    assert site.recover("short", "latest") == 1
    assert re.search(r"the log can be played up to [0-9A-F]{24} only, not to ", capsys.readouterr().out)
