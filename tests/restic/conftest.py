"""The real restic on repositories in temporary folders."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from burnt import Burner, another, burner
from cheap_key import cheapen
from disks_of_one import Disks, made, with_disks
from exams import Exams, furnished
from exporting import DONORS, Site
from exporting import furnish as furnished_exporter
from healed import with_old_sets
from one_machine import BACKED_UP, BIN, Machine, copied, furnish, served
from recipients import Recipients, recipients
from taken_postgresql import tidied
from throwaway_postgresql import Cluster, cluster

from ops.restic.repository import Repository


@pytest.fixture(scope="session", autouse=True)
def real_restic() -> Iterator[None]:
    """Put the restic that `make setup` fetched first on PATH; without one this ring has not been run."""
    for program in ("restic", "restic-rest-server"):
        if not (BIN / program).is_file():
            pytest.fail(f"{program} is not there; `make setup` fetches it")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{BIN}:{os.environ['PATH']}")
        yield


@pytest.fixture(scope="session")
def backed_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine of which everything was backed up once and nothing was copied, to make others of."""
    folder = tmp_path_factory.mktemp("machine")
    machine = furnish(folder)
    with served(machine):
        for asset in BACKED_UP:
            assert machine.seawall("backup", asset) == 0
    return folder


@pytest.fixture(scope="session")
def empty_disks(backed_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disks]:
    """A machine with two removable disks that were made ready, to make others of."""
    with made(backed_up, tmp_path_factory.mktemp("disks"), "red", "blue") as disks:
        yield disks


@pytest.fixture(scope="session")
def with_image(backed_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine whose newest set was collected, with an image that nobody wrote to a disc yet, to make others of."""
    folder = tmp_path_factory.mktemp("discs")
    one = copied(backed_up, folder)
    with served(one):
        made_so = burner(one, folder)
        made_so.collect()
        made_so.made()
    return folder


@pytest.fixture
def discs(with_image: Path, backed_up: Path, tmp_path: Path) -> Iterator[Burner]:
    """One of a test's own."""
    one = another(with_image, backed_up / "files", tmp_path)
    with served(one.machine):
        yield one


@pytest.fixture
def disks(empty_disks: Disks, tmp_path: Path) -> Iterator[Disks]:
    """A machine with two empty removable disks of this test's own."""
    with with_disks(empty_disks, tmp_path) as one:
        yield one


@pytest.fixture(scope="session")
def old_sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine with several sets in both of its repositories, to make others of, which are hurt and healed."""
    folder = tmp_path_factory.mktemp("old_sets")
    with_old_sets(folder)
    return folder


@pytest.fixture
def machine(backed_up: Path, tmp_path: Path) -> Iterator[Machine]:
    """A machine with its repositories, of this test's own; its files are everybody's."""
    one = copied(backed_up, tmp_path)
    with served(one):
        yield one


@pytest.fixture
def exams(machine: Machine, tmp_path: Path) -> Exams:
    """An asset of one test's own, which isn't backed up yet."""
    return furnished(machine, tmp_path / "exams")


@pytest.fixture(scope="module")
def kept_exams(backed_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exams]:
    """One that was backed up and copied, for tests that delete nothing and leave all as it was."""
    folder = tmp_path_factory.mktemp("kept")
    machine = copied(backed_up, folder)
    with served(machine):
        one = furnished(machine, folder / "exams")
        one.kept()
        yield one
        assert one.missing() == {"a.dcm": "", "2019/b.dcm": ""}


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """A throwaway PostgreSQL of the module's own."""
    with cluster() as one:
        yield one


@pytest.fixture
def tidy(server: Cluster) -> Iterator[None]:
    """Remove from it what a test made."""
    yield
    tidied(server)


@pytest.fixture
def deadline() -> Iterator[None]:
    """End a reader that waits for what never comes."""

    def late(_number: int, _frame: object) -> None:
        raise TimeoutError("it waits for what was in the repository")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(120)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], Repository]:
    """A function that makes the files of a repository's secrets; the repository itself is not there yet."""
    authority = Path("/etc/ssl/certs/ca-certificates.crt")

    def build(name: str) -> Repository:
        (tmp_path / f"{name}.url").write_text(str(tmp_path / name))
        (tmp_path / f"{name}.password").write_text(f"password of {name}\n")
        return Repository(
            name=name,
            url=tmp_path / f"{name}.url",
            password=tmp_path / f"{name}.password",
            authority=authority,
            cache=tmp_path / "cache",
        )

    return build


@pytest.fixture(scope="session")
def empty_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty repository, made once: making one costs seconds of key derivation."""
    folder = tmp_path_factory.mktemp("template")
    (folder / "password").write_text("password of primary\n")
    argv = [BIN / "restic", "-r", folder / "repository", "--password-file", folder / "password", "init"]
    subprocess.run(argv, check=True, capture_output=True)
    cheapen(folder / "repository", "password of primary")
    return folder / "repository"


@pytest.fixture
def repository(make: Callable[[str], Repository], empty_repository: Path, tmp_path: Path) -> Repository:
    """An empty repository of this test's own."""
    shutil.copytree(empty_repository, tmp_path / "primary")
    return make("primary")


@pytest.fixture(scope="module")
def people() -> Iterator[Recipients]:
    """Somebody's GnuPG, who gets exports."""
    with recipients() as made:
        yield made


@pytest.fixture(scope="module")
def registry_key(people: Recipients) -> dict[str, str]:
    """The key of a recipient of exports, as the policy has it."""
    return people.made("registry@example.org")


@pytest.fixture(scope="module")
def donors() -> Iterator[Cluster]:
    """A cluster with what is exported."""
    with cluster() as made:
        made.psql(DONORS)
        yield made


@pytest.fixture
def exporter(tmp_path: Path, donors: Cluster, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A machine that exports, in a folder."""
    made = furnished_exporter(tmp_path, donors.socket)
    monkeypatch.setenv("SEAWALL_ROOT", str(made.root))
    return made
