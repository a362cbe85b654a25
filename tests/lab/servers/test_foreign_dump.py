"""Dumps that Seawall did not make, judged with what the policy says; on this computer, in the lab's trees."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from rehearsing import kept_mariadb, kept_postgresql

from ops.core.errors import SeawallError, UsageError
from ops.core.quantity import Duration
from ops.core.schema import encode
from ops.drills.database import serving
from ops.interfaces.outcome import DrillFacts
from ops.jobs.drill import hold
from ops.jobs.drill.external_dump import brought, drilled_dump
from ops.jobs.drill.options import DrillOptions
from ops.jobs.run.job import Outcome
from ops.policy.model import Asset, Drill, Drilled, Retention, SourceSpec
from ops.policy.queries import Expectation
from ops.sources.postgresql.verify import engine

SCRIPT = """
create role someone;
create table wards (id serial primary key, name text not null);
create table beds (id int primary key, ward int not null references wards);
insert into wards (name) select 'Ala ' || i from generate_series(1, 50) i;
insert into beds select i, 1 + i % 50 from generate_series(1, 500) i;
alter table wards owner to someone;
grant select on beds to someone;
"""
MARIADB = """
create table wards (id int auto_increment primary key, name varchar(40) not null);
insert into wards (name) select concat('Ala ', seq) from seq_1_to_50;
create view named as select name from wards;
"""
ROW = "Zeferina-Quintanilha-1931"  # an invented patient
SORTS = ("custom", "directory", "tar", "plain")
ASKED = {"wards": Expectation("select count(*) from wards", equals=50)}


@pytest.fixture(scope="module")
def place(packed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A drill host's folders with the tree of Debian 12, and dumps of every sort."""
    root = tmp_path_factory.mktemp("host")
    tree = root / "var/lib/seawall/trees/bookworm"
    tree.mkdir(parents=True)
    subprocess.run(["tar", "-xzf", packed / "bookworm.tar.gz", "-C", tree], check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEAWALL_ROOT", str(root))
        made(root, tree)
        yield root
    shutil.rmtree(root)


def made(root: Path, tree: Path) -> None:
    """Dump a database of PostgreSQL in every way, and one of MariaDB with and without its name."""
    out = root / "made"
    kept_postgresql(tree, 15, SCRIPT, out, "wards")
    (out / "material/script.sql").write_text(SCRIPT)
    with serving(tree, out, engine(15)) as server:
        server.run(["createdb", "wards"], 60)
        server.run(["psql", "-XAtq", "--set=ON_ERROR_STOP=1", "--file=/mnt/material/script.sql", "wards"], 60)
        for sort in SORTS:
            server.run(["pg_dump", f"--format={sort}", f"--file=/mnt/material/{sort}", "wards"], 60)
    kept = kept_mariadb(tree, MARIADB, root / "mariadb", "wards")
    plain = (kept.folder / "database.sql").read_text("utf-8")
    (out / "material/mariadb").write_text(plain)
    (out / "material/mariadb named").write_text("CREATE DATABASE `hospital`;\nUSE `hospital`;\n" + plain)
    words = "create table wards (id integer primary key); insert into wards select value from generate_series(1, 50)"
    subprocess.run(["sqlite3", out / "material/sqlite", words], check=True)


def drilled(
    place: Path, kind: str, dump: Path, expectations: dict[str, Expectation] | None = None, **wishes: str
) -> Outcome:
    """Drill a dump as the command does, without its unit; nothing may be left, and the dump is as it was."""
    options: dict[str, object] = {"database": "his"}
    asset = Asset(
        owner="dba",
        sources={"database": SourceSpec(kind, options)},
        repository="primary",
        schedule=None,  # type: ignore[arg-type]
        rpo=Duration(3600),
        rto=Duration(3600),
        retention=Retention(Duration(86_400)),
        drill=Drill("drill1", Duration(86_400), expectations=ASKED if expectations is None else expectations),
    )
    files = [path for path in (dump, *dump.rglob("*")) if path.is_file()]
    before = {path: (path.read_bytes(), path.stat()) for path in files}
    with brought("his", str(dump)) as copy:
        outcome = drilled_dump("his", Drilled("his1", asset), DrillOptions(seed=1, dump=copy, **wishes))
    for path, (content, seen) in before.items():
        now = path.stat()
        assert path.read_bytes() == content
        assert (now.st_mode, now.st_mtime_ns, now.st_ino) == (seen.st_mode, seen.st_mtime_ns, seen.st_ino)
    assert not [*(place / "var/lib/seawall/dumps").iterdir(), *(place / "var/lib/seawall/drills").iterdir()]
    return outcome


def by_verdict(outcome: Outcome, verdict: str) -> set[str]:
    return {rung.name for rung in facts_of(outcome).rungs if rung.verdict.value == verdict}


def facts_of(outcome: Outcome) -> DrillFacts:
    assert isinstance(outcome.facts, DrillFacts)
    return outcome.facts


@pytest.mark.parametrize("sort", [*SORTS, "mariadb", "mariadb named", "sqlite"])
def test_a_good_dump_passes_in_what_can_be_judged(place: Path, sort: str) -> None:
    kind = sort.partition(" ")[0] if sort not in SORTS else "postgresql"
    outcome = drilled(place, kind, place / "made/material" / sort)
    assert outcome.verdict == "pass", outcome.message
    assert {"archive", "integrity", "semantics wards", "rto"} <= by_verdict(outcome, "pass")
    facts = facts_of(outcome)
    assert {"structure", "volume", "content"} <= {one.name for one in facts.not_configured}
    assert facts.method == "dump"
    assert len(facts.further["dump"]["sha256"]) == 64
    assert facts.further["dump"]["bytes"] > 0
    json.dumps(encode(facts))


# A line end that is missing behind the last word of a script is no harm.
@pytest.mark.parametrize("sort", ["custom", "tar", "plain", "mariadb", "sqlite"])
@pytest.mark.parametrize("share", [0.5, 0.9, 1])
def test_a_dump_that_was_cut_fails(place: Path, sort: str, share: float, tmp_path: Path) -> None:
    cut = tmp_path / "cut"
    shutil.copy(place / "made/material" / sort, cut)
    least = 1 if sort in {"custom", "tar", "sqlite"} else 60
    os.truncate(cut, min(int(cut.stat().st_size * share), cut.stat().st_size - least))
    outcome = drilled(place, sort if sort in {"mariadb", "sqlite"} else "postgresql", cut)
    assert outcome.verdict == "fail", outcome.message
    assert by_verdict(outcome, "fail") & {"archive", "integrity"}


def test_the_policys_questions_are_asked_of_it(place: Path) -> None:
    wrong = {"wards": Expectation("select count(*) from wards", at_least=51)}
    outcome = drilled(place, "postgresql", place / "made/material/custom", wrong)
    assert by_verdict(outcome, "fail") == {"semantics wards"}
    unasked = drilled(place, "postgresql", place / "made/material/custom", {})
    assert unasked.verdict == "pass"
    assert "semantics" in {one.name for one in facts_of(unasked).not_configured}


def test_what_is_no_dump_is_refused_before_anything_is_started(place: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("/etc/hostname")
    (tmp_path / "text").write_text("nothing")
    for dump in (tmp_path / "folder", tmp_path / "none"):
        with pytest.raises(UsageError):
            drilled(place, "postgresql", dump)
    (tmp_path / "folder/toc.dat").symlink_to("/etc/hostname")
    with pytest.raises(UsageError, match="something other than files"):
        drilled(place, "postgresql", tmp_path / "folder")
    with pytest.raises(SeawallError, match="not a SQLite database"):
        drilled(place, "sqlite", tmp_path / "text")


@pytest.fixture
def sick(place: Path, tmp_path: Path) -> Path:
    """A dump with a row that can't be loaded, which the server then quotes."""
    text = (place / "made/material/plain").read_text("utf-8")
    assert "\n1\tAla 1\n" in text
    path = tmp_path / "sick"
    path.write_text(text.replace("\n1\tAla 1\n", f"\n{ROW}\tAla 1\n"), "utf-8")
    return path


def test_a_row_that_can_not_be_loaded_is_told_to_nobody(
    place: Path, sick: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    outcome = drilled(place, "postgresql", sick)
    said = capfd.readouterr()
    assert outcome.verdict == "fail"
    assert "invalid input syntax" in outcome.message
    assert "repeat with --hold" in said.out
    assert ROW not in outcome.message + said.out + said.err + json.dumps(encode(facts_of(outcome)))


def test_whoever_holds_the_drill_reads_it(place: Path, sick: Path) -> None:
    (place / "run/seawall/root").mkdir(parents=True, exist_ok=True)
    done: list[Outcome] = []
    wish = {"keep": "the tests read it", "approver": "the tests"}
    keeper = threading.Thread(target=lambda: done.append(drilled(place, "postgresql", sick, **wish)), daemon=True)
    keeper.start()
    note = hold.note("his")
    while not note.exists():
        keeper.join(0.05)
        assert keeper.is_alive()
    read = "\n".join(hold.words("his"))
    note.unlink()
    keeper.join(60)
    assert ROW in read
    assert not list(place.rglob("words"))
    (outcome,) = done
    assert ROW not in outcome.message
