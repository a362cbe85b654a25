"""A set whose globals are commands, as a broken-in machine may store it: what its account can do on the drill host."""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest
from one_machine import Machine
from whole_sets import MINUTE, PARTS, SET

from ops.core.errors import CommandError, CommandTimeout
from ops.drills import database
from ops.drills._shared.sandbox import INSIDE, MATERIAL, Tree
from ops.jobs.drill.options import DrillOptions
from ops.jobs.drill.stage import DrillStage
from ops.jobs.host import folders
from ops.restic.sets import MANIFEST, tags
from ops.sources.postgresql.facts import EXTENSIONS
from ops.sources.postgresql.verify import beside, engine

SERVER = Path("/usr/lib/postgresql/15/bin/postgres")
pytestmark = [
    pytest.mark.usefixtures("deadline"),
    pytest.mark.skipif(os.geteuid() != 0 or not SERVER.exists(), reason="only root, with PostgreSQL on the machine"),
]
FOLDERS = ("database.a", "root")
# In place of systemd-nspawn, which wants a tree of its own: the same mounts, the account without any capability.
MOUNTED = """
mount --bind "$0" /mnt
[ -z "$1" ] || { mount --bind "$1" /mnt/material && mount -o remount,bind,ro /mnt/material; }
shift
exec "$@"
"""
ACCOUNT = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--bounding-set=-all")


def isolated(tree: Tree, argv: Sequence[str]) -> list[str]:
    variables = [f"{name}={value}" for name, value in tree.environment.items()]
    mounted = [
        "unshare",
        "--mount",
        "--propagation=slave",
        "sh",
        "-ec",
        MOUNTED,
        str(tree.scratch),
        str(tree.material or ""),
    ]
    own = [*ACCOUNT, "--inh-caps=-all", "--no-new-privs", "env", f"--chdir={INSIDE}", *variables]
    return [*mounted, *own, *argv]


def sent(machine: Machine, folder: Path, commands: str) -> None:
    """Store a set of a database, whose globals are those commands, and of files with a note of a held drill."""
    repository = machine.place("primary").repository
    for name in (*FOLDERS, "beside"):
        (folder / name).mkdir(parents=True)
    (folder / "database.a/database.dump").write_text("dump")
    (folder / "root/kept-lis.json").write_text("{}")
    told = {"material": {"root": str(folder / "database.a")}, "dump_bytes": 4, "dump": "database.dump"}
    files = {**PARTS["reports"], "material": {"root": str(folder / "root")}, "sample": {}}
    head = {"version": 1, "set": SET, "asset": "lis", "host": "his1", "taken": "2026-11-22T01:00:00Z"}
    parts = {"database.a": {**PARTS["database.lis"], **told}, "root": files}
    manifest = {**head, "seawall": "0.1.0", "restic": "0.18.0", "parts": parts}
    (folder / "beside/manifest.json").write_text(json.dumps(manifest))
    (folder / "beside/database.a-globals.sql").write_text(commands)
    for label, path in (*((name, name) for name in FOLDERS), (MANIFEST, "beside")):
        repository.backup_paths([str(folder / path)], (), tags("lis", SET, label, FOLDERS), "his1", timeout=MINUTE)


@pytest.fixture
def drilled(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], tuple[DrillStage[database.Options], str]]:
    """A function that drills a set with such globals; return the stage, and what the commands left in the server."""
    monkeypatch.setattr(Tree, "_isolated", isolated)
    monkeypatch.setattr(DrillStage, "tree", lambda _stage: Path("/"))
    said: list[str] = []
    gone = database.remove

    def remove(folder: Path) -> None:
        said.extend(path.read_text() for path in folder.glob("said"))
        gone(folder)

    monkeypatch.setattr(database, "remove", remove)

    def drilled(commands: str) -> tuple[DrillStage[database.Options], str]:
        sent(machine, tmp_path / "sent", commands)
        scratch = machine.root / "stage"
        scratch.mkdir(mode=0o700)
        drill = SimpleNamespace(expectations={}, references={}, release="bookworm", asks="")
        chance = Random(1)
        stage = DrillStage("lis", drill, machine.place("primary"), DrillOptions(), scratch, chance, database.Options())  # type: ignore[arg-type]
        stage.find()
        database.play(stage)
        shutil.rmtree(scratch)
        return stage, "".join(said)

    return drilled


def test_commands_in_a_set_put_no_link_where_root_brings_the_next_part(
    machine: Machine, drilled: Callable[[str], tuple[DrillStage[database.Options], str]]
) -> None:
    victim = folders.scratch()
    victim.mkdir(parents=True, exist_ok=True, mode=0o700)
    before = sorted(path.name for path in victim.iterdir())
    commands = (
        f"\\! cd {INSIDE} && mv material m2 2>data/said && ln -s {victim.parent} material\n"
        f"\\! umount {MATERIAL} 2>>{INSIDE}/data/said; touch {MATERIAL}/here 2>>{INSIDE}/data/said\n"
        f"\\! touch {INSIDE}/here 2>>{INSIDE}/data/said; ls {MATERIAL} >>{INSIDE}/data/said\n"
    )
    stage, said = drilled(commands)
    assert sorted(path.name for path in victim.iterdir()) == before
    assert "cannot move 'material'" in said  # they ran
    assert "Read-only file system" in said
    assert f"cannot touch '{INSIDE}/here': Permission denied" in said
    assert said.endswith("database.dump\nglobals.sql\n")  # of the other part nothing is there
    verdicts = {rung.name: rung.verdict.value for rung in stage.rungs}
    assert verdicts["database.a archive"] == "fail"  # it is no dump
    assert {name: verdict for name, verdict in verdicts.items() if name.startswith("root ")}.popitem()[1] == "pass"


def test_every_part_is_brought_before_the_first_server_runs(
    machine: Machine, drilled: Callable[[str], tuple[DrillStage[database.Options], str]]
) -> None:
    stage, _ = drilled("")
    steps = [entry.what for entry in stage.timeline]
    assert steps.index("start") > max(place for place, what in enumerate(steps) if what == "fetch")


def test_a_database_that_answers_without_end_is_not_listened_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tree, "_isolated", isolated)
    tmp_path.chmod(0o755)
    (tmp_path / "server").mkdir()
    with database.serving(Path("/"), tmp_path / "server", engine(15)) as server:
        with beside(server, "postgres") as session:
            assert session.ask(EXTENSIONS) == {}
        endless = "with recursive w as (select 1 union all select 1 from w) select count(*) from w"
        with pytest.raises(CommandTimeout, match="within 1 s"), beside(server, "postgres") as session:
            session.seconds = 1.0
            session.ask(endless)
        long = "insert into pg_extension values (99999, 'long', 10, 2200, false, repeat('x', 50000000), null, null)"
        server.run(["psql", "-XAtq", "--command=set allow_system_table_mods = on", f"--command={long}"], MINUTE)
        with pytest.raises(CommandError, match="more than"), beside(server, "postgres") as session:
            session.ask(EXTENSIONS)
