"""Real databases on servers of this Debian release; `python -m tests.real` runs this in a root tree of each release."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[1] / "restic"), str(Path(__file__).parents[1])]
from one_machine import BIN, Machine, furnish, served
from throwaway_mariadb import MariaDB, mariadb
from throwaway_postgresql import Cluster, cluster


@pytest.fixture(scope="session")
def material() -> Path:
    """The folder with the scripts of the applications and PostgreSQL's own, unpacked."""
    if not (place := os.environ.get("SEAWALL_REAL_MATERIAL")):
        pytest.fail("`make real` fetches what these tests load, and runs them")
    return Path(place)


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine that backs databases up, drills and restores them; its drills run in a copy of the tree it is in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{BIN}:{os.environ['PATH']}")
        one = furnish(tmp_path_factory.mktemp("machine"))
        _drilling(one)
        with served(one):
            credentials = one.root / "etc/seawall/credentials"
            for part in ("url", "password"):
                (credentials / f"his1-primary.{part}").write_text((credentials / f"primary.{part}").read_text())
            yield one


def _drilling(one: Machine) -> None:
    """Make a drill host of a machine, which has a ledger that can be verified."""
    state = one.root / "var/lib/seawall"
    (state / "trees").mkdir()
    if tree := os.environ.get("SEAWALL_REAL_TREE"):
        (state / "trees" / os.environ["SEAWALL_REAL_RELEASE"]).symlink_to(tree)
    etc = one.root / "etc/seawall"
    public = (etc / "credentials/ledger.key.pub").read_text()
    (etc / "ledger.pub").write_text(public)
    (etc / "allowed_signers").write_text(f'his1 namespaces="seawall-ledger" {public}')


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A throwaway PostgreSQL, with the role that the role postgresql_source makes."""
    with cluster() as one:
        one.psql("create role seawall_dump login bypassrls in role pg_read_all_data")
        one.psql("alter role seawall_dump set lo_compat_privileges = on")
        one.psql("alter role seawall_dump set default_transaction_read_only = on")
        yield one


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariaDB]:
    """A throwaway MariaDB."""
    with mariadb() as one:
        yield one
