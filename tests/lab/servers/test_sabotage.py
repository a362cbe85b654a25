"""Restored data are hurt in every way that the kinds know, and the drill must notice each; nothing else it may report.

It runs on this computer, in the trees that the lab made: each database is made, taken and loaded there. What noticed
which damage is docs/sabotage.md.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from cheap_key import cheapen
from rehearsing import (
    LABEL,
    Here,
    Kept,
    Renewed,
    failed,
    kept_mariadb,
    kept_postgresql,
    rehearsed,
    rehearsed_from,
    taken_into,
)

from ops.core import kinds
from ops.core.quantity import Duration
from ops.drills._shared.sandbox import MATERIAL
from ops.interfaces.drill import Part
from ops.interfaces.server import Server
from ops.interfaces.source import CaptureContext, Stored
from ops.restic.repository import Repository
from ops.sources import sqlite
from ops.sources.command import Options as CommandOptions
from ops.sources.files import Options as FilesOptions
from ops.sources.mariadb.facts import MariaDBFacts

CHECKOUT = Path(__file__).parents[3]
DATA, HURT = CHECKOUT / "ops/lab/data", CHECKOUT / "tests/lab/servers/hurt"
PAGE = CHECKOUT / "docs/sabotage.md"
LEAST = 40
_MINUTES = 60.0
# These reach beyond one database, so each has a server of its own.
OF_THE_SERVER = ("role_dropped", "role_made_superuser", "role_locked_out")
# Where it is restored the server must be the set's own: PostgreSQL 15 and MariaDB 10.11, PostgreSQL 17 and 11.8.
MAJORS = {"bookworm": 15, "trixie": 17}
Found = dict[str, tuple[str, str]]


def ways(kind: str) -> dict[str, str]:
    """Return the moment of each damage of a kind."""
    return {name: damage.moment for name, damage in kinds.load("ops.sources", kind).damages.items()}


def hurt_in_one_server(tree: Path, kept: Kept, scratch: Path, renewed: Renewed) -> Here:
    """Hurt what can be made good again, in one server; before, between and after, the healthy copy must pass."""
    inside = [name for name, moment in ways(kept.kind).items() if moment == "data" and name not in OF_THE_SERVER]
    stage = rehearsed(tree, kept, scratch, renewed=renewed, ways=["", *inside, ""])
    assert failed(stage) == ""
    assert stage.noticed.pop("") == ("", "nothing")
    return stage


def hurt_one_by_one(tree: Path, kept: Kept, scratch: Path, names: list[str]) -> Found:
    """Hurt what can't be made good again, each in a drill of its own, as `seawall drill --inject-damage` does."""
    assert failed(rehearsed(tree, kept, scratch)) == ""
    stages = {name: rehearsed(tree, kept, scratch, name) for name in names}
    return {name: (failed(stage), stage.sabotage.done) for name, stage in stages.items() if stage.sabotage}


def all_noticed(found: Found, kind: str) -> None:
    assert set(found) == set(ways(kind))
    assert [name for name, (rungs, _) in found.items() if not rungs] == []


@pytest.fixture(scope="module")
def hurt(tree: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Found]:
    """A function that hurts the data of a kind in every way; of a release, `postgresql` means its own."""
    done: dict[str, Found] = {}

    def by(name: str) -> Found:
        if name not in done:
            done[name] = HURTING[name](tree, tmp_path_factory.mktemp(name))
        return done[name]

    return by


def postgresql_of(release: str) -> Callable[[Callable[[str], Path], Path], Found]:
    def found(tree: Callable[[str], Path], folder: Path) -> Found:
        script = "".join(
            (place).read_text("utf-8") for place in (DATA / "hospital.schema.sql", HURT / "postgresql.sql")
        )
        kept = kept_postgresql(tree(release), MAJORS[release], script, folder / "made")
        stage = hurt_in_one_server(tree(release), kept, folder / "drill", copied)
        others = [name for name, moment in ways("postgresql").items() if moment != "data" or name in OF_THE_SERVER]
        return stage.noticed | hurt_one_by_one(tree(release), kept, folder / "drill", others)

    return found


def copied(server: Server, part: Part) -> str:
    server.run(["dropdb", "--if-exists", "hurt"], _MINUTES)
    server.run(["createdb", f"--template={part.told.facts.database_name}", "hurt"], _MINUTES)
    return "hurt"


def of_mariadb(tree: Callable[[str], Path], folder: Path) -> Found:
    script = (DATA / "pharmacy.sql").read_text("utf-8").replace("seq_1_to_50000", "seq_1_to_500")
    kept = kept_mariadb(tree("bookworm"), script + (HURT / "mariadb.sql").read_text("utf-8"), folder / "made")
    stage = hurt_in_one_server(tree("bookworm"), kept, folder / "drill", loaded_again)
    others = [name for name, moment in ways("mariadb").items() if moment != "data"]
    return stage.noticed | hurt_one_by_one(tree("bookworm"), kept, folder / "drill", others)


def loaded_again(server: Server, part: Part) -> str:
    facts = part.told.facts
    assert isinstance(facts, MariaDBFacts)
    assert part.database
    database = facts.database
    users = [f"drop user if exists '{user}'@'{host}'" for user, host in (each.split("@") for each in facts.users)]
    words = "; ".join([f"drop database {database}", *users])
    server.run(["mariadb", "--no-defaults", "--user=root", f"--execute={words}"], _MINUTES)
    return part.database.load(server, MATERIAL, facts)


def of_sqlite(tree: Callable[[str], Path], folder: Path) -> Found:
    made = folder / "agenda.sqlite"
    subprocess.run(["sqlite3", made], input=(DATA / "agenda.sql").read_bytes(), check=True, capture_output=True)
    (folder / "kept").mkdir()
    copy = folder / "kept" / sqlite.FILE
    with sqlite.capture(sqlite.Options(str(made), Duration(5)), CaptureContext(folder / "scratch")) as data:
        shutil.copy(data.material().argv[1], copy)  # type: ignore[union-attr]
        facts = data.finish(data.facts(), Stored(1, copy.stat().st_size, {}))
    kept = Kept("sqlite", facts, folder / "kept")
    return hurt_one_by_one(tree("bookworm"), kept, folder / "drill", list(ways("sqlite")))


def of_command(_tree: Callable[[str], Path], folder: Path) -> Found:
    script = "yes 'channel 1: gain 1.01' | head -n 2000; echo '-- end of export'"
    options = CommandOptions(("/bin/sh", "-c", script), end="-- end")
    return hurt_from_repository(folder, "command", "database", options)


def of_files(_tree: Callable[[str], Path], folder: Path) -> Found:
    documents = folder / "documents"
    chance = Random(1)
    for number in range(400):
        place = documents / f"{number % 7}/letter {number} $HOME *.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(chance.randbytes(chance.randrange(1, 5000)))
    (documents / "empty").touch()
    for number in range(40):
        (documents / f"newest {number}").symlink_to("0")
    (documents / "0/letter 0 $HOME *.txt").chmod(0o4750)
    return hurt_from_repository(folder, "files", "files", FilesOptions((str(documents),)))


def hurt_from_repository(folder: Path, kind: str, drill: str, options: object) -> Found:
    """Take it into a real repository, and drill it from there, hurt in every way."""
    for name, text in (("url", str(folder / "repository")), ("password", "of this test")):
        (folder / name).write_text(text)
    authority = Path("/etc/ssl/certs/ca-certificates.crt")
    repository = Repository("primary", folder / "url", folder / "password", authority, folder / "cache")
    repository.init()
    cheapen(folder / "repository", "of this test")
    part = taken_into(repository, kind, options)
    assert failed(rehearsed_from(repository, drill, part, folder / "drill")) == ""
    stages = {name: rehearsed_from(repository, drill, part, folder / "drill", name) for name in ways(kind)}
    assert failed(rehearsed_from(repository, drill, part, folder / "drill")) == ""
    return {name: (failed(stage), stage.sabotage.done) for name, stage in stages.items() if stage.sabotage}


@pytest.fixture(autouse=True, scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Everything that a backup and a drill keep lies in a folder; the first restic is the lab's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEAWALL_ROOT", str(tmp_path_factory.mktemp("root")))
        patch.setenv("PATH", f"{CHECKOUT / '.cache/bin'}:{os.environ['PATH']}")
        yield


HURTING: dict[str, Callable[[Callable[[str], Path], Path], Found]] = {
    "postgresql": postgresql_of("bookworm"),
    "postgresql 17": postgresql_of("trixie"),
    "mariadb": of_mariadb,
    "sqlite": of_sqlite,
    "command": of_command,
    "files": of_files,
}


@pytest.mark.parametrize("name", HURTING)
def test_every_damage_is_noticed_and_health_is_not(hurt: Callable[[str], Found], name: str) -> None:
    all_noticed(hurt(name), name.partition(" ")[0])


def test_the_page_says_what_notices_which_damage(hurt: Callable[[str], Found], tmp_path: Path) -> None:
    found = {kind: hurt(kind) for kind in HURTING if " " not in kind}
    lines = [
        f"| `{kind}` | `{name}` | {rungs.replace(f'{LABEL} ', '')} |"
        for kind, damages in found.items()
        for name, (rungs, _) in sorted(damages.items())
    ]
    assert len(lines) >= LEAST
    fresh = tmp_path / "sabotage.md"
    head = PAGE.read_text("utf-8").partition("| kind ")[0]
    fresh.write_text(head + "\n".join(["| kind | damage | noticed by |", "| --- | --- | --- |", *lines, ""]))
    assert fresh.read_text("utf-8") == PAGE.read_text("utf-8"), f"the page as it must be is {fresh}"
