"""A table from which another server's inherits is backed up and proven without that server; its own rows count."""

import pytest
from taken_postgresql import taken
from throwaway_postgresql import ONLY_ROOT, Cluster

from ops.core.verdict import Verdict

pytestmark = [ONLY_ROOT, pytest.mark.usefixtures("tidy")]
# Nobody can ask it for a row, as if it was down.
DOWN = """
create foreign data wrapper nowhere; create server archive foreign data wrapper nowhere;
create table visits (id serial primary key, day date); create table kept () inherits (visits);
create foreign table old () inherits (kept) server archive;
insert into visits (day) values ('2026-01-01'), ('2026-01-02'); insert into kept values (3, '2026-01-03');
create table stays (day date) partition by range (day);
create foreign table stays_old partition of stays for values from ('2000-01-01') to ('2020-01-01') server archive;
create table stays_new partition of stays for values from ('2020-01-01') to ('2030-01-01');
insert into stays values ('2026-02-01');
create table parent (a int); create table child () inherits (parent);
insert into parent values (1); insert into child values (2);
"""


@pytest.mark.parametrize("parallel", [False, True])
def test_rows_of_a_server_that_is_down_hinder_neither_backup_nor_proof(server: Cluster, parallel: bool) -> None:
    with taken(server, DOWN, parallel=parallel) as his:
        rows = {name.partition(".")[2]: count for name, count in his.facts.rows.items()}
        assert rows == {"visits": 2, "kept": 1, "stays_new": 1, "parent": 2, "child": 1}
        assert his.load() == []
        assert {*his.proof().values()} == {Verdict.PASS}
        server.psql("delete from only visits where id = 2", "again")
        assert his.proof()["volume"] is Verdict.FAIL
