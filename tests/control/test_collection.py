"""The checkout as a collection: built, installed elsewhere, and used there without the checkout."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from ops.fleet.inventory import read
from ops.fleet.packaging.deb import CHECKOUT
from ops.fleet.secrets.make import make
from ops.fleet.secrets.vault import Store, Vault

PROGRAMS = Path(sys.executable).parent


def ansible(program: str, *words: str | Path, folder: Path, **settings: str) -> str:
    done = subprocess.run(
        [PROGRAMS / program, *words],
        cwd=folder,
        env=os.environ | {"ANSIBLE_NOCOLOR": "1", "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"} | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The collection in the form in which it is handed on, of what git knows."""
    folder = tmp_path_factory.mktemp("built")
    source = folder / "source"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", CHECKOUT, source], check=True)
    words = ["git", "-C", CHECKOUT, "-c", f"safe.directory={CHECKOUT}", "ls-files", "-z", "-co", "--exclude-standard"]
    for name in subprocess.run(words, check=True, capture_output=True, text=True).stdout.split("\0"):
        if name and (CHECKOUT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((CHECKOUT / name).read_bytes())
    ansible("ansible-galaxy", "collection", "build", "--output-path", folder, source, folder=folder)
    (archive,) = folder.glob("seawall-operations-*.tar.gz")
    return archive


def test_holds_what_is_needed_and_no_more(built: Path) -> None:
    with tarfile.open(built) as archive:
        names = set(archive.getnames())
    roles = {path.name for path in (CHECKOUT / "roles").iterdir()}
    wanted = {"plugins/filter/seawall.py", "plugins/modules/files.py", "playbooks/site.yml", "ops/policy/compile.py"}
    assert wanted | {f"roles/{role}/tasks/main.yml" for role in roles} <= names
    tops = {name.partition("/")[0] for name in names}
    assert not tops & {"tests", ".git", ".venv", ".cache", "docs"}
    assert "playbooks/collections" not in names


def test_works_where_it_is_installed(built: Path, inventory: Path) -> None:
    folder = inventory.parent
    words = ("collection", "install", built, "--offline", "--collections-path", folder / "collections")
    ansible("ansible-galaxy", *words, folder=folder)
    password = folder / "vault-password"
    password.write_text("correct horse\n")
    store = Store(inventory)
    make(read(inventory).policies(), store, Vault(password))
    store.save()
    play = ("-i", inventory, "--vault-password-file", password)
    place = {"ANSIBLE_COLLECTIONS_PATH": str(folder / "collections")}
    ansible("ansible-playbook", "--syntax-check", *play, "seawall.operations.site", folder=folder, **place)
    said = ansible("ansible-playbook", *play, "seawall.operations.policy", folder=folder, **place)
    assert "failed=0" in said


def test_its_version_is_that_of_the_package() -> None:
    versions = [
        next(
            line.split(mark)[1].strip(' "')
            for line in (CHECKOUT / name).read_text().splitlines()
            if line.startswith("version")
        )
        for name, mark in (("galaxy.yml", ":"), ("pyproject.toml", "="))
    ]
    assert versions[0] == versions[1]
