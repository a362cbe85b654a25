"""Files in the words of the role `files`."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from ops.policy.role_files import File, Folder, described, reader_files, unit_files, writer_files


def test_each_unit_has_a_service_and_a_timer_that_are_judged_as_such():
    unit = {"name": "seawall-health", "calendar": ["*:0/5"]}
    files = unit_files([unit], "job")
    assert [file.path for file in files] == [
        "/etc/systemd/system/seawall-health.service",
        "/etc/systemd/system/seawall-health.timer",
    ]
    assert {file.format for file in files} == {"unit"}
    assert files[1].template == "etc/systemd/system/job.timer.j2"
    assert files[1].variables == {"unit": unit, "profile": "job"}


def test_what_a_person_alone_starts_has_no_timer():
    files = unit_files([{"name": "seawall-copy-his-disks", "calendar": []}], "job")
    assert [file.path for file in files] == ["/etc/systemd/system/seawall-copy-his-disks.service"]


def test_a_client_that_nobody_reads_has_no_list_of_readers():
    reader = {"name": "drill1", "hash": "x"}
    (file,) = reader_files(
        [{"name": "control"}, {"name": "lis1", "readers": []}, {"name": "his1", "readers": [reader]}]
    )
    assert (file.path, file.group, file.mode) == ("/etc/seawall-readers/his1.htpasswd", "www-data", "0640")
    assert (file.secret, file.format, file.variables) == (True, "htpasswd", {"readers": [reader]})


def test_nothing_of_a_content_is_told_openly():
    files = [
        {"path": "/a", "content": "hunter2", "notify": "Restart it", "secret": True},
        {"path": "/b", "template": "b.j2", "variables": {"word": "hunter2"}},
    ]
    assert described(files) == [
        {"path": "/a", "notify": ["Restart it"], "secret": True},
        {"path": "/b", "notify": []},
    ]


def test_a_file_says_only_what_it_has_to():
    assert File("/a", content="x", secret=True).plain() == {
        "path": "/a",
        "content": "x",
        "group": "root",
        "mode": "0644",
        "secret": True,
        "keep": False,
    }


def test_a_unit_may_write_to_the_folders_that_are_named_and_to_no_others():
    templates = Path(__file__).parents[3] / "roles/systemd_job/templates"
    environment = Environment(loader=FileSystemLoader(templates))
    environment.tests["match"] = lambda text, pattern: re.match(pattern, text) is not None  # as Ansible's
    job = environment.get_template("etc/systemd/system/job.j2")
    unit = {"capabilities": [], "command": "copy his --to disk", "writable": ["/srv/disk"]}
    assert [line for line in job.render(unit=unit).splitlines() if line.startswith("ReadWrite")] == [
        "ReadWritePaths=/srv/disk"
    ]
    assert "ReadWrite" not in job.render(unit=unit | {"writable": []})


def test_a_copy_waits_for_its_backup_and_a_backup_for_no_service():
    templates = Path(__file__).parents[3] / "roles/systemd_job/templates"
    environment = Environment(loader=FileSystemLoader(templates))
    environment.tests["match"] = lambda text, pattern: re.match(pattern, text) is not None  # as Ansible's
    environment.filters["comment"] = str
    service = environment.get_template("etc/systemd/system/job.service.j2")
    unit = {
        "capabilities": [],
        "credentials": [],
        "writable": [],
        "command": "copy his --to disk",
        "after": ["a.service"],
    }
    after = "After=network-online.target time-sync.target"
    for services, lines in ((["a.service"], [after, "After=a.service"]), ([], [after])):
        text = service.render(unit=unit | {"after": services}, profile="job")
        assert [line for line in text.splitlines() if line.startswith("After=")] == lines


def test_each_client_has_a_folder_an_account_a_socket_and_a_server_of_its_own():
    folder, account, socket, service = writer_files([{"name": "his1", "hash": "x", "quota": 5}], "/srv/seawall")
    assert folder == Folder("/srv/seawall/his1", "restic-rest-server", "restic-rest-server", "0700")
    assert (account.path, account.mode, account.secret) == ("/etc/seawall-writers/his1.htpasswd", "0600", True)
    assert socket.path == "/etc/systemd/system/seawall-writer-his1.socket"
    assert service.path == "/etc/systemd/system/seawall-writer-his1.service"
    assert "x" not in service.variables.values()


def test_a_client_s_server_sees_its_own_folder_and_has_the_quota_of_the_policy():
    templates = Path(__file__).parents[3] / "roles/backup_host/templates"
    environment = Environment(loader=FileSystemLoader(templates))
    environment.filters["comment"] = str
    service = environment.get_template("etc/systemd/system/seawall-writer.service.j2")
    for quota, words in ((1 << 40, f" --quota {1 << 40}"), (None, "")):
        text = service.render(client="his1", quota=quota, backup_host_path="/srv/seawall")
        assert f"serve his1 --folder /srv/seawall \\\n  --accounts %d/accounts{words}\n" in text
        assert "\nBindPaths=/srv/seawall/his1\n" in text
