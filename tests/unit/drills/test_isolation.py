"""A restored tree may come from a broken-in machine: what is written to it stays inside, whatever its links say."""

from pathlib import Path

import pytest

from ops.core.errors import Damaged
from ops.drills._boot.isolate import beneath, isolate, masked

MASKED = """
seawall-backup-his.timer cron.service postfix@-.service nut-monitor.service apt-daily.timer srv-data.mount swapfile.swap
chrony.service networking.service rsync.service docker.socket systemd-ask-password-wall.path
"""
NEEDED = "postgresql@15-main.service ssh.service nginx.service -.mount run-lock.mount"


@pytest.mark.parametrize("name", MASKED.split())
def test_what_leaves_the_machine_or_acts_on_others_is_masked(name: str) -> None:
    assert masked(name)


@pytest.mark.parametrize("name", NEEDED.split())
def test_what_the_hospital_needs_is_not(name: str) -> None:
    assert not masked(name)


def test_a_link_leads_to_the_trees_own_root(tmp_path: Path) -> None:
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "lib").symlink_to("/usr/lib")
    (tmp_path / "up").symlink_to("../../../../usr")
    assert beneath(tmp_path, "lib") == tmp_path / "usr/lib"
    assert beneath(tmp_path, "up/lib") == tmp_path / "usr/lib"
    (tmp_path / "round").symlink_to("round")
    assert beneath(tmp_path, "round/lib") is None


def test_nothing_outside_the_tree_is_touched(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (outside / "system").mkdir(parents=True)
    (outside / "system/cron.service").write_text("of the drill host")
    (outside / "fstab").write_text("of the drill host")
    (root / "etc/systemd").mkdir(parents=True)
    (root / "etc/systemd/system").symlink_to(outside / "system")
    (root / "etc/fstab").symlink_to(outside / "fstab")
    (root / "usr/lib/systemd/system").mkdir(parents=True)
    (root / "usr/lib/systemd/system/cron.service").write_text("of the machine")
    with pytest.raises(Damaged, match="points outside the machine"):
        isolate(root)
    assert (outside / "system/cron.service").read_text() == "of the drill host"
    assert (outside / "fstab").read_text() == "of the drill host"


def test_mounts_are_forgotten_units_masked_and_nothing_is_archived(tmp_path: Path) -> None:
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    (tmp_path / "etc/systemd/system/seawall-backup-his.timer").write_text("[Timer]")
    (tmp_path / "etc/fstab").write_text("server:/export /srv nfs")
    (tmp_path / "etc/postgresql/15/main").mkdir(parents=True)
    (tmp_path / "etc/postgresql/15/main/pg_ctl.conf").symlink_to("/etc/passwd")
    isolate(tmp_path)
    assert (tmp_path / "etc/systemd/system/seawall-backup-his.timer").readlink() == Path("/dev/null")
    assert (tmp_path / "etc/fstab").readlink() == Path("/dev/null")
    settings = tmp_path / "etc/postgresql/15/main/pg_ctl.conf"
    assert not settings.is_symlink()
    words = "-o -carchive_mode=off -o -crecovery_init_sync_method=syncfs"
    assert settings.read_text() == f"pg_ctl_options = '{words}'\n"
    assert tmp_path.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("version", ["13", "main"])
def test_an_older_server_gets_no_setting_that_it_does_not_know(tmp_path: Path, version: str) -> None:
    (tmp_path / "etc/postgresql" / version / "main").mkdir(parents=True)
    isolate(tmp_path)
    settings = tmp_path / "etc/postgresql" / version / "main/pg_ctl.conf"
    assert settings.read_text() == "pg_ctl_options = '-o -carchive_mode=off'\n"


def test_a_link_among_the_clusters_leads_to_nothing_of_the_drill_host(tmp_path: Path) -> None:
    """As the drill host's programs see it, the link leads to a cluster of its own; as the machine's do, to theirs."""
    root, hosts = tmp_path / "root", tmp_path / "etc/postgresql/15"
    for folder in (hosts / "main", root / hosts.relative_to("/") / "main", root / "etc/postgresql"):
        folder.mkdir(parents=True)
    (hosts / "main/pg_ctl.conf").write_text("of the drill host")
    (root / "etc/postgresql/16").symlink_to(hosts)
    isolate(root)
    assert (hosts / "main/pg_ctl.conf").read_text() == "of the drill host"
    assert "archive_mode=off" in (root / hosts.relative_to("/") / "main/pg_ctl.conf").read_text()


@pytest.mark.parametrize("version", ["15\u00b2", "x;y", "9" * 200])
def test_whatever_a_folder_is_called_it_is_only_a_name(tmp_path: Path, version: str) -> None:
    (tmp_path / "etc/postgresql" / version / "main").mkdir(parents=True)
    isolate(tmp_path)
    settings = tmp_path / "etc/postgresql" / version / "main/pg_ctl.conf"
    assert settings.read_text() == "pg_ctl_options = '-o -carchive_mode=off'\n"


def test_a_folder_in_the_place_of_a_clusters_settings_is_named(tmp_path: Path) -> None:
    (tmp_path / "etc/postgresql/15/main/pg_ctl.conf").mkdir(parents=True)
    with pytest.raises(Damaged, match="of the restored machine is a folder"):
        isolate(tmp_path)
