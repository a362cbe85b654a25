"""GNU Health, a hospital's information system on Tryton, installed from its registry and made on a PostgreSQL.

It runs on this machine's own Python and PostgreSQL; what the tests load is a plain dump of what it made.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from throwaway_postgresql import AS_POSTGRES, Cluster, cluster
from trees import PLACE

HEALTH = PLACE / "gnuhealth.sql"
PACKAGES = ("gnuhealth-all-modules", "psycopg2-binary")
DAYS = 30
# Tryton asks for the foreign keys of a table through views of the standard, again and again: in nested loops each such
# question takes seconds once there are a few hundred tables, and milliseconds in any other way.
SETTINGS = ("enable_nestloop=off", "autovacuum_naptime=5s", "synchronous_commit=off", "shared_buffers=512MB")
SETTINGS += ("max_wal_size=4GB",)
INSTALL_SECONDS, MAKE_SECONDS = 600.0, 1_200.0  # a tenth to a third of this, where nothing else runs
# Their hundreds of thousands of codes of diseases, genes and acts take longer to be read in than all the rest.
LISTS = ("icd11", "icd10pcs", "icd9procs", "icpm", "genetics_uniprot", "pediatrics_growth_charts_who")


def make() -> str:
    """Make the dump where there is none of late; return why there is none, or nothing."""
    if HEALTH.exists() and time.time() - HEALTH.stat().st_mtime < DAYS * 86_400:
        return ""
    HEALTH.unlink(missing_ok=True)
    venv = PLACE / "gnuhealth"
    try:
        if not (venv / "whole").exists():
            _install(venv)
        with cluster(*SETTINGS) as server:
            _fill(server, venv)
    except subprocess.TimeoutExpired as error:
        return f"{Path(error.cmd[0]).name} took more than {error.timeout:.0f} s"
    except subprocess.CalledProcessError as error:
        said = (error.stderr or "").strip().splitlines() or [f"exit code {error.returncode}"]
        return f"{Path(error.cmd[0]).name}: {said[-1][:200]}"
    return ""


def _install(venv: Path) -> None:
    shutil.rmtree(venv, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(venv)], INSTALL_SECONDS)
    _run([str(venv / "bin/pip"), "install", "--quiet", "--no-input", *PACKAGES], INSTALL_SECONDS)
    (venv / "whole").touch()


def _fill(server: Cluster, venv: Path) -> None:
    server.psql("create database gnuhealth template template0")
    found = next(venv.glob("lib/python3*/site-packages/trytond/modules")).iterdir()
    own = sorted(path.name for path in found if path.name.startswith("health"))
    modules = [name for name in own if not name.endswith(LISTS)]
    with TemporaryDirectory() as folder:
        Path(folder, "trytond.conf").write_text("[database]\nuri = postgresql://postgres@/\n")
        Path(folder, "password").write_text("a long one, for nobody\n")
        env = {"PGHOST": server.socket, "TRYTONPASSFILE": f"{folder}/password"}
        words = [str(venv / "bin/trytond-admin"), "--config", f"{folder}/trytond.conf", "--database", "gnuhealth"]
        words += ["--update", "ir", "res", *modules, "--activate-dependencies", "--email", "nobody@example.org"]
        _run(words, MAKE_SECONDS, env)
    dump = [*AS_POSTGRES, "pg_dump", f"--host={server.socket}", "--no-owner", "gnuhealth"]
    HEALTH.write_text(_run(dump, MAKE_SECONDS), "utf-8")


def _run(words: list[str], seconds: float, env: dict[str, str] | None = None) -> str:
    given = {**os.environ, **(env or {})}
    done = subprocess.run(words, capture_output=True, text=True, cwd="/", timeout=seconds, env=given, check=True)
    return done.stdout
