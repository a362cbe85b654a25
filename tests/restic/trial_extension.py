"""An extension of our own: it has tables whose rows a dump carries, or some of them, and one whose rows it does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from throwaway_postgresql import PROGRAMS

from ops.core.run import run

NAME = "seawall_trial"
SCRIPT = """
create table units (code text primary key, built_in bool default false); insert into units values ('mg', true);
create sequence numbers; create table "all of it" (id int); create table not_kept (id int);
select pg_catalog.pg_extension_config_dump('units', 'where not units.built_in');
select pg_catalog.pg_extension_config_dump('"all of it"', '');
select pg_catalog.pg_extension_config_dump('numbers', '');
"""


@contextmanager
def trial_extension() -> Iterator[None]:
    """Let every server of this machine make the extension, for a block."""
    folder = Path(run([PROGRAMS / "pg_config", "--sharedir"], timeout=9).stdout.strip(), "extension")
    control, script = folder / f"{NAME}.control", folder / f"{NAME}--1.0.sql"
    try:
        control.write_text("default_version = '1.0'\nrelocatable = true\n", "utf-8")
        script.write_text(SCRIPT, "utf-8")
        for file in (control, script):
            file.chmod(0o644)
        yield
    finally:
        for file in (control, script):
            file.unlink(missing_ok=True)
