"""What the control machine's copy takes: one file that a checkout can be cloned from, and nothing twice."""

import subprocess
from pathlib import Path

import pytest

from ops.core.errors import Damaged
from ops.core.quantity import Duration
from ops.fleet.control_machine import contents
from ops.fleet.inventory import Inventory
from ops.policy.model import Control, Retention

CONTROL = Control("it_head", "offsite", Duration(1), Duration(1), Retention(Duration(1)))


def git(folder: Path, *words: str) -> str:
    names = ["-c", "user.name=tester", "-c", "user.email=tester@localhost"]
    return subprocess.run(["git", *names, "-C", folder, *words], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    for name in ("ansible.cfg", "same"):
        (folder / name).write_text("first\n")
    (folder / ".gitignore").write_text("ignored\n.cache\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "first")
    (folder / "ansible.cfg").write_text("changed by the site\n")
    (folder / "ignored").write_text("x")
    (folder / "inventories/mysite/host_vars").mkdir(parents=True)
    (folder / "inventories/mysite/hosts.yml").write_text("all: {}\n")
    for name, value in (
        ("CHECKOUT", folder),
        ("WHEELS", folder / ".cache/wheels"),
        ("PACKAGES", folder / ".cache/packages"),
    ):
        monkeypatch.setattr(contents, name, value)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return folder


@pytest.fixture
def home(checkout: Path) -> Path:
    place = checkout / "inventories/mysite/.control"
    place.mkdir()
    return place


def inventory(checkout: Path) -> Inventory:
    return Inventory(checkout / "inventories/mysite", {"his1": {}}, {"all": ("his1",)})


def test_a_clone_of_the_bundle_and_the_taken_files_is_the_checkout(checkout: Path, home: Path, tmp_path: Path) -> None:
    taken = contents.material(inventory(checkout), CONTROL, home)
    assert taken.paths == (checkout / "ansible.cfg", checkout / "inventories/mysite")
    git(tmp_path, "clone", "-q", str(home / "seawall.bundle"), "again")
    assert git(tmp_path / "again", "rev-parse", "HEAD") == git(checkout, "rev-parse", "HEAD")
    assert (tmp_path / "again/same").read_text() == "first\n"
    assert (home / "seawall.bundle").stat().st_mode & 0o777 == 0o600


def test_the_bundle_is_made_anew_only_when_there_is_something_new(checkout: Path, home: Path) -> None:
    first = contents.bundle(home).stat().st_mtime_ns
    assert contents.bundle(home).stat().st_mtime_ns == first
    git(checkout, "commit", "-qam", "second")
    assert git(checkout, "rev-parse", "HEAD").strip() in git(
        checkout, "bundle", "list-heads", str(contents.bundle(home))
    )


def test_a_checkout_without_a_branch_can_be_cloned_too(checkout: Path, home: Path, tmp_path: Path) -> None:
    git(checkout, "checkout", "-q", "--detach")
    git(tmp_path, "clone", "-q", str(contents.bundle(home)), "again")
    assert (tmp_path / "again/same").exists()


def test_a_shallow_checkout_is_refused(checkout: Path, home: Path, tmp_path: Path, monkeypatch) -> None:
    git(checkout, "commit", "-qam", "second")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{checkout}", "shallow")
    monkeypatch.setattr(contents, "CHECKOUT", tmp_path / "shallow")
    with pytest.raises(Damaged, match="shallow"):
        contents.bundle(home)


def test_what_is_not_there_is_said_and_what_is_there_is_taken(checkout: Path, home: Path) -> None:
    assert len(contents.material(inventory(checkout), CONTROL, home).lacks) == 2
    for name in ("wheels", "packages"):
        (checkout / ".cache" / name).mkdir(parents=True)
        (checkout / ".cache" / name / "file").touch()
    taken = contents.material(inventory(checkout), CONTROL, home)
    assert taken.lacks == ()
    assert {checkout / ".cache/wheels", checkout / ".cache/packages"} < set(taken.paths)


def test_the_keys_that_lead_to_the_machines_are_taken(checkout: Path, home: Path, tmp_path: Path) -> None:
    for name in ("key", "key.pub", "known"):
        (tmp_path / name).touch()
    said = {"ansible_ssh_private_key_file": str(tmp_path / "key"),
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={tmp_path / 'known'}"}  # fmt: skip
    reached = Inventory(checkout / "inventories/mysite", {"his1": said}, {"all": ("his1",)})
    taken = contents.material(reached, CONTROL, home)
    assert {tmp_path / name for name in ("key", "key.pub", "known")} < set(taken.paths)


def test_without_a_named_key_those_of_the_account_are_taken(checkout: Path, home: Path, tmp_path: Path) -> None:
    ssh = tmp_path / "home/.ssh"
    ssh.mkdir(parents=True)
    for name in ("id_ed25519", "id_ed25519.pub", "other"):
        (ssh / name).touch()
    taken = contents.material(inventory(checkout), CONTROL, home)
    assert {path.name for path in taken.paths if path.parent == ssh} == {"id_ed25519", "id_ed25519.pub"}
