"""Triggers that fire in a session of replication, too, write nothing of a load, and are as they were afterwards."""

import pytest
from taken_postgresql import PATHLESS, taken
from throwaway_postgresql import ONLY_ROOT, Cluster

from ops.core.verdict import Verdict
from ops.sources.postgresql.silenced import Silenced
from ops.sources.postgresql.verify import beside

pytestmark = [ONLY_ROOT, pytest.mark.usefixtures("tidy")]
NOTED = """
create table log (word text);
create function note() returns trigger language plpgsql as
  $$ begin insert into public.log values (tg_name); return new; end $$;
create trigger "al ways" after insert on units for each row execute function note();
create trigger replica after insert on checked for each row execute function note();
create trigger usual after insert on keyed for each row execute function note();
create table parts (key text check (slug(key) <> '')) partition by list (key);
create table part partition of parts default; insert into parts values ('five');
create trigger parted after insert on parts for each row execute function note();
alter table units enable always trigger "al ways"; alter table checked enable replica trigger replica;
alter table only parts enable always trigger parted; alter table part enable replica trigger parted;
"""
WATCHED = """
create table if not exists log (word text); create materialized view counted as select count(*) from log;
create function log_ddl() returns event_trigger language plpgsql as
  $$ begin insert into public.log values (tg_tag); end $$;
create event trigger log_ddl on ddl_command_end execute function log_ddl(); comment on event trigger log_ddl is 'logs';
alter event trigger log_ddl enable always;
create function never() returns event_trigger language plpgsql as $$ begin raise 'not here'; end $$;
create event trigger never on ddl_command_start when tag in ('REFRESH MATERIALIZED VIEW') execute function never();
alter event trigger never enable replica;
"""
ENABLED = """
select format('%s %s', evtname, evtenabled) from pg_event_trigger union all
select format('%s %s %s', tgrelid::regclass, tgname, tgenabled) from pg_trigger where not tgisinternal order by 1
"""


@pytest.mark.parametrize(
    ("sql", "parallel"), [(PATHLESS + NOTED, False), (WATCHED, False), (PATHLESS + NOTED + WATCHED, True)]
)
def test_they_write_nothing_twice_and_are_as_they_were(server: Cluster, sql: str, parallel: bool) -> None:
    with taken(server, sql, parallel=parallel) as his:
        said = his.load()
        assert len(said) == (PATHLESS in sql), said
        assert {*his.proof().values()} == {Verdict.PASS}
        assert server.psql("select count(*) from log", "again") == server.psql("select count(*) from log", "his")
        assert server.psql(ENABLED, "again") == server.psql(ENABLED, "his")


def test_a_drill_writes_nothing_either(server: Cluster) -> None:
    with taken(server, WATCHED) as his:
        his.drill()
        assert {*his.proof("his").values()} == {Verdict.PASS}
    assert server.psql("select word from log", "his") == "CREATE FUNCTION"  # of when it was made


def test_what_cannot_be_given_back_is_named(server: Cluster) -> None:
    with taken(server, PATHLESS + NOTED) as his, beside(his.target.server, "his") as session:
        told: list[str] = []

        def attempt(statements: list[str]) -> bool:
            told.extend(statements)
            return len(statements) == 1 and "enable" not in statements[0]

        triggers = Silenced(session.ask, attempt)
        triggers.hush()
        assert next(triggers.woken()) == (
            "the trigger public.checked.replica is disabled, and could not be enabled as it was; "
            "run by hand: alter table only public.checked enable replica trigger replica"
        )
