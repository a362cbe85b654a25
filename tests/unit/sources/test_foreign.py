"""Dumps that Seawall did not make are told by their first bytes."""

from pathlib import Path

import pytest

from ops.core.errors import UsageError
from ops.sources import sqlite
from ops.sources.mariadb import external_dump as mariadb
from ops.sources.postgresql import external_dump as postgresql


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for major in ("9", "15"):
        (tmp_path / "tree/usr/lib/postgresql" / major).mkdir(parents=True)
    return tmp_path / "tree"


@pytest.mark.parametrize(
    ("content", "known"),
    [
        (b"PGDMP\x01\x0f", {"file": "database.dump", "jobs": 2}),
        (b"toc.dat\0" + bytes(2040), {"file": "database.dump", "whole": True}),
        (b"toc.dat\0" + bytes(2039), {"file": "database.dump", "whole": False}),
        (b"toc.dat\0" + bytes(1016) + b"x" * 512, {"file": "database.dump", "whole": False}),
        (b"--\n-- PostgreSQL database dump\n", {"file": "database.sql"}),
    ],
)
def test_sorts_of_postgresql(content: bytes, known: dict, tree: Path, tmp_path: Path) -> None:
    (tmp_path / "dump").write_bytes(content)
    found = postgresql.examine(tmp_path / "dump", tree)
    assert found == postgresql.Found(major=15, **known)


def test_roles_that_a_script_names_are_made_before(tree: Path, tmp_path: Path) -> None:
    lines = [
        "ALTER TABLE public.a OWNER TO clerk;",
        'ALTER TABLE public.b OWNER TO "odd ""name";',
        "GRANT SELECT ON TABLE public.a TO readers;",
        "GRANT SELECT ON TABLE public.a TO PUBLIC;",
        "ALTER DEFAULT PRIVILEGES FOR ROLE boss IN SCHEMA public GRANT SELECT ON TABLES TO readers;",
        "ALTER TABLE public.c OWNER TO postgres;",
    ]
    (tmp_path / "dump").write_text("\n".join(lines))
    assert postgresql.examine(tmp_path / "dump", tree).roles == ('"odd ""name"', "boss", "clerk", "readers")


def test_what_is_no_dump_is_refused(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "packed").write_bytes(b"\x1f\x8b\x08")
    (tmp_path / "text").write_text("SQLite, but not really")
    with pytest.raises(UsageError, match=r"no toc\.dat"):
        postgresql.examine(tmp_path / "folder", tree)
    with pytest.raises(UsageError, match="contains no PostgreSQL"):
        postgresql.examine(tmp_path / "text", tmp_path)
    with pytest.raises(UsageError, match="is compressed"):
        mariadb.examine(tmp_path / "packed", tree)
    with pytest.raises(UsageError, match="is a folder"):
        mariadb.examine(tmp_path / "folder", tree)
    for name in ("folder", "text"):
        with pytest.raises(UsageError, match="not a SQLite database"):
            sqlite.examine(tmp_path / name, tree)
