"""The role files with the real Ansible, on this computer in a folder of its own."""

import grp
import os
import pwd
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from ops.fleet.packaging.deb import CHECKOUT
from ops.fleet.secrets.authority import make_authority, make_server

OWNER = pwd.getpwuid(os.getuid()).pw_name
GROUP = grp.getgrgid(os.getgid()).gr_name
SECRET = "correct-horse-battery"
OPEN = "greeting: good day"


@dataclass
class Place:
    """A folder with a role that includes `files`, a playbook for it, and a place that the files go to."""

    root: Path

    @property
    def there(self) -> Path:
        return self.root / "there"

    def put(self, wanted, *options, ok=True, looked_at=()):
        (self.root / "wanted.yml").write_text(
            yaml.safe_dump({"caller_wanted": [self.owned(file) for file in wanted], "caller_looked_at": looked_at})
        )
        words = [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", "-c", "local"]
        settings = {
            "ANSIBLE_ROLES_PATH": str(self.root / "roles"),
            "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / "playbooks/collections"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        }
        done = subprocess.run(
            [*words, "play.yml", "-e", "@wanted.yml", *options],
            cwd=self.root,
            env=os.environ | settings,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) is ok, done.stdout + done.stderr
        return done.stdout + done.stderr

    def owned(self, file):
        return {"owner": OWNER, "group": GROUP, **file, "path": str(self.there / file["path"])}

    def names(self):
        return sorted(path.name for path in self.there.iterdir())


@pytest.fixture
def place(tmp_path):
    parts = {
        "play.yml": "- {hosts: all, gather_facts: false, roles: [caller]}",
        "roles/caller/templates/greeting.j2": "greeting: {{ word }}\n",
        "roles/caller/handlers/main.yml": """
- {name: First handler, ansible.builtin.debug: {msg: called-first}, changed_when: true}
- {name: Second handler, ansible.builtin.debug: {msg: called-second}, changed_when: true}
""",
        "roles/caller/tasks/main.yml": """
- ansible.builtin.include_role: {name: seawall.operations.files}
  vars: {files_wanted: "{{ caller_wanted }}", files_looked_at: "{{ caller_looked_at }}"}
- ansible.builtin.debug: {msg: "seen {{ files_written.seen | map(attribute='path') | map('basename') | join('+') }}."}
""",
    }
    for name, text in parts.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "there").mkdir()
    return Place(tmp_path)


WANTED = [
    {"path": "inner/deep", "folder": True, "mode": "0750"},
    {
        "path": "inner/greeting",
        "template": "greeting.j2",
        "variables": {"word": "good day"},
        "notify": "First handler",
    },
    {"path": "door", "content": f"{SECRET}\n", "mode": "0600", "secret": True, "notify": "Second handler"},
]


def test_writes_what_differs_tells_handlers_and_then_rests(place):
    said = place.put(WANTED, "--diff")
    assert (place.there / "inner/greeting").read_text() == f"{OPEN}\n"
    assert (place.there / "inner/deep").stat().st_mode & 0o777 == 0o750
    assert (place.there / "door").stat().st_mode & 0o777 == 0o600
    assert "called-first" in said
    assert "called-second" in said
    assert f"+{OPEN}" in said
    again = place.put(WANTED, "--diff")
    assert "changed=0 " in again
    assert "called" not in again
    assert OPEN not in again


def test_one_handler_is_called_for_the_file_that_changed(place):
    place.put(WANTED)
    (place.there / "door").chmod(0o644)
    said = place.put(WANTED, "--diff")
    assert "called-second" in said
    assert "called-first" not in said
    assert "mode 0644" in said
    assert (place.there / "door").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("options", [["--diff", "-vvvv"], ["--check", "--diff", "-vvvv"]])
def test_a_secret_is_shown_nowhere(place, options):
    (place.there / "door").write_text("an-older-secret\n")
    said = place.put(WANTED, *options)
    assert "a secret: the old content is not shown" in said
    for word in (SECRET, "an-older-secret", "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5"):
        assert word not in said


def test_check_mode_tells_and_touches_nothing(place):
    wanted = [*WANTED, {"path": "far/away", "content": "x", "owner": "nobody-yet", "validate": "/not/there %s"}]
    said = place.put(wanted, "--check", "--diff")
    assert f"+{OPEN}" in said
    assert "called-first" in said
    assert place.names() == []


def test_what_a_validation_refuses_replaces_nothing_and_leaves_nothing(place):
    (place.there / "first").write_text("old\n")
    (place.there / "second").write_text("old\n")
    wanted = [
        {"path": "first", "content": "new\n"},
        {"path": "second", "content": "new\n", "validate": "grep -q old %s"},
    ]
    said = place.put(wanted, ok=False)
    assert "second: was not replaced" in said
    assert [(place.there / name).read_text() for name in place.names()] == ["old\n", "old\n"]


def test_what_a_validation_says_of_a_secret_is_not_shown(place):
    wanted = [{"path": "door", "content": f"{SECRET}\n", "secret": True, "validate": "cat %s /not/there"}]
    assert SECRET not in place.put(wanted, "-vvv", ok=False)
    assert place.names() == []


def test_what_is_there_is_kept_where_that_is_wanted(place):
    (place.there / "kept").write_text("the tester's\n")
    place.put([{"path": name, "content": "ours\n", "keep": True} for name in ("kept", "made")])
    assert (place.there / "kept").read_text() == "the tester's\n"
    assert (place.there / "made").read_text() == "ours\n"


def test_a_link_in_the_place_of_a_file_is_replaced_and_not_written_through(place):
    target = place.root / "elsewhere"
    target.write_text("not ours\n")
    (place.there / "link").symlink_to(target)
    place.put([{"path": "link", "content": "ours\n"}])
    assert not (place.there / "link").is_symlink()
    assert target.read_text() == "not ours\n"


def test_a_link_in_the_place_of_a_folder_is_followed_where_root_made_it(place):
    target = place.root / "elsewhere"
    target.mkdir(mode=0o755)
    (place.there / "link").symlink_to("../elsewhere")
    place.put([{"path": "link", "folder": True, "mode": "0700"}])
    assert (place.there / "link").is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a link of another account")
def test_a_link_of_another_account_in_the_place_of_a_folder_gives_that_account_nothing(place):
    target = place.root / "elsewhere"
    target.mkdir(mode=0o755)
    (place.there / "link").symlink_to(target)
    os.lchown(place.there / "link", 65534, 65534)
    said = place.put([{"path": "link", "folder": True, "owner": "nobody", "mode": "0700"}], ok=False)
    assert "a link of another account is in its place" in said
    assert (target.stat().st_uid, stat.S_IMODE(target.stat().st_mode)) == (os.getuid(), 0o755)


def test_a_folder_in_the_place_of_a_file_and_an_unknown_key_are_errors(place):
    (place.there / "folder").mkdir()
    assert "a folder is in its place" in place.put([{"path": "folder", "content": "x"}], ok=False)
    assert "moed" in place.put([{"path": "file", "content": "x", "moed": "0600"}], ok=False)
    assert "no account" in place.put([{"path": "file", "content": "x", "owner": "nobody-yet"}], ok=False)
    assert place.names() == ["folder"]


def test_paths_that_are_looked_at_are_told_as_they_were_before(place):
    (place.there / "seawall-old.timer").write_text("")
    said = place.put([{"path": "seawall-new.timer", "content": "x"}], looked_at=[f"{place.there}/seawall-*"])
    assert "seen seawall-old.timer." in said


def test_a_validation_sees_the_other_files_as_they_will_be(place):
    (place.there / "door").write_text("old\n")
    (place.there / "key").write_text("old\n")
    other = f"%{{{place.there}/key}}"
    wanted = [
        {"path": "door", "content": "new\n", "validate": f"cmp %s {other}"},
        {"path": "key", "content": "new\n"},
    ]
    place.put(wanted)
    assert (place.there / "door").read_text() == "new\n"
    refused = [{"path": "door", "content": "newer\n", "validate": f"cmp %s {other}"}]
    assert "door: was not replaced, cmp refuses" in place.put(refused, ok=False)
    assert (place.there / "door").read_text() == "new\n"


SERVICE = "[Service]\nType=oneshot\nExecStart=/bin/true\n"
TIMER = "[Timer]\nOnCalendar=*:0/5\n"


def test_what_a_format_refuses_leaves_what_works(place):
    """The timer finds the service that it starts, which is not in its place yet."""
    texts = {"a.service": SERVICE, "a.timer": TIMER}
    units = [{"path": name, "content": text, "format": "unit"} for name, text in texts.items()]
    place.put(units)
    units[1]["content"] = f"{TIMER}Nope=1\n"
    assert "a.timer:3: Unknown key" in " ".join(
        place.put([{"path": "beside", "content": "x"}, *units], ok=False).split()
    )
    assert (place.there / "a.timer").read_text() == TIMER
    assert place.names() == ["a.service", "a.timer"]


def test_a_certificate_is_replaced_with_the_key_that_belongs_to_it_or_not_at_all(place):
    authority = make_authority("Test")
    first, second = make_server("backup1", authority), make_server("backup1", authority)

    def put(certificate, key, **words):
        files = {"tls.pem": certificate, "tls.key": key}
        return place.put([{"path": name, "content": text, **SECRET_FILE} for name, text in files.items()], **words)

    put(first.certificate, first.key)
    said = put(second.certificate, first.key, ok=False)
    assert "can't be used together" in said
    assert second.certificate.splitlines()[3] not in said
    assert (place.there / "tls.pem").read_text() == first.certificate
    put(second.certificate, second.key)
    assert (place.there / "tls.pem").read_text() == second.certificate


SECRET_FILE = {"format": "certificate", "secret": True, "mode": "0600"}
