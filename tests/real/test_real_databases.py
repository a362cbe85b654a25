"""PostgreSQL's own regression database and real applications come back as they were, each with every rung."""

import gzip
import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import orthanc
import pytest
from applications import APPLICATIONS
from filling import MARIADB, POSTGRESQL
from journey import Journey, asset, travelled
from one_machine import Machine
from regression import NAME, compile_functions, make
from throwaway_mariadb import MariaDB
from throwaway_postgresql import AS_POSTGRES, PROGRAMS, Cluster

RELEASE = os.environ.get("SEAWALL_REAL_RELEASE", "bookworm")
RESULTS = Path(os.environ.get("SEAWALL_REAL_RESULTS", "/dev/null"))
TABLES = "select count(*) from pg_class where relkind in ('r', 'p') and oid > 16383"
BEHIND = "sequences are behind their columns"
NOT_THERE = "the packages of this release have no {}"


def read(path: Path) -> str:
    """Return a script, unpacked where it is packed."""
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8", "replace")


def found(material: Path, name: str, engine: str) -> list[Path]:
    """Return the scripts of an application that there are; skip the test where none is."""
    one = APPLICATIONS[name]
    places = [
        material / "applications" / package / script for script in one.scripts(engine) for package in one.packages
    ]
    if not (there := [path for path in places if path.is_file()]):
        pytest.skip(NOT_THERE.format(f"schema of {name}"))
    return there


def fed(server: Cluster, database: str, text: str) -> None:
    """Run a script of an application's: what a newer or older server refuses of it is not there."""
    words = [*AS_POSTGRES, "psql", "-Xq", f"--host={server.socket}", f"--dbname={database}"]
    subprocess.run(words, input=text, capture_output=True, text=True, cwd="/", check=True)


def on_postgresql(machine: Machine, server: Cluster, name: str, database: str) -> Journey:
    """Take a database of PostgreSQL all the way."""
    options = {"database": database, "socket": server.socket}
    asset(machine, "postgresql", options, RELEASE)
    journey = Journey(name, f"PostgreSQL {PROGRAMS.parent.name}", int(server.psql(TABLES, database)))
    travelled(machine, journey, database).keep(RESULTS)
    return journey


def judged(journey: Journey, *known: str) -> None:
    """Demand that every act and every rung passed; known: what a backup may warn of, for it is so in the original."""
    assert journey.whole, journey
    assert journey.tables
    words = [part for said in journey.said.values() for part in known if part in said]
    assert len(words) == len(journey.said), journey.said


def test_the_regression_database(machine: Machine, postgresql: Cluster, material: Path) -> None:
    source = material / "regress"
    if not (source / "parallel_schedule").is_file():
        pytest.skip(NOT_THERE.format("sources of PostgreSQL"))
    compile_functions(source)
    with TemporaryDirectory() as folder:  # pytest's own are closed to the server's account
        Path(folder).chmod(0o755)
        make(postgresql, source, Path(folder))
    assert int(postgresql.psql(TABLES, NAME)) > 500
    borrowed = source / "borrowed"
    of = f" (the scripts of {borrowed.read_text()})" if borrowed.exists() else ""
    judged(on_postgresql(machine, postgresql, f"PostgreSQL's regression database{of}", NAME), BEHIND)


@pytest.mark.parametrize("name", [name for name, one in APPLICATIONS.items() if one.postgresql])
def test_an_application_on_postgresql(machine: Machine, postgresql: Cluster, material: Path, name: str) -> None:
    scripts = found(material, name, "postgresql")
    database = "".join(filter(str.isalnum, name)).lower()
    postgresql.psql(f"create database {database}")
    for text in filter(None, (APPLICATIONS[name].before, *map(read, scripts))):
        fed(postgresql, database, text)
    fed(postgresql, database, postgresql.psql(POSTGRESQL, database))
    judged(on_postgresql(machine, postgresql, name, database), BEHIND)


def test_gnu_health(machine: Machine, postgresql: Cluster, material: Path) -> None:
    dump = material / "gnuhealth.sql"
    if not dump.is_file():
        pytest.skip("it could not be had, or not be made")
    postgresql.psql("create database gnuhealth")
    fed(postgresql, "gnuhealth", read(dump))
    fed(postgresql, "gnuhealth", postgresql.psql(POSTGRESQL, "gnuhealth"))
    judged(on_postgresql(machine, postgresql, "GNU Health", "gnuhealth"), BEHIND)


def test_orthanc(machine: Machine, postgresql: Cluster, material: Path, tmp_path: Path) -> None:
    postgresql.psql("create database orthanc")
    images = sorted(material.glob("*.dcm"))
    assert orthanc.fill(tmp_path, postgresql.socket, "orthanc", images) == len(images) > 1
    judged(on_postgresql(machine, postgresql, "Orthanc", "orthanc"))


@pytest.mark.parametrize("name", [name for name, one in APPLICATIONS.items() if one.mariadb])
def test_an_application_on_mariadb(machine: Machine, mariadb_server: MariaDB, material: Path, name: str) -> None:
    scripts = found(material, name, "mariadb")
    database = "".join(filter(str.isalnum, name)).lower()
    mariadb_server.sql(f"create database {database}")
    for script in scripts:
        mariadb_server.sql(read(script), database, force=True)
    statements = mariadb_server.sql(f"set group_concat_max_len = 1048576; {MARIADB}", database)
    mariadb_server.sql(f"set foreign_key_checks = 1;\n{statements}", database, force=True)
    asset(machine, "mariadb", {"database": database, "socket": mariadb_server.socket}, RELEASE)
    counted = f"select count(*) from information_schema.tables where table_schema = '{database}'"
    version = ".".join(mariadb_server.sql("select version()").split(".")[:2])
    journey = Journey(name, f"MariaDB {version}", int(mariadb_server.sql(f"{counted} and table_type = 'BASE TABLE'")))
    travelled(machine, journey, database).keep(RESULTS)
    judged(journey, "tables without transactions")
