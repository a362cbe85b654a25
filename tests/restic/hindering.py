"""A database that hinders everybody who reads it, by functions, casts, settings and triggers on definitions."""

HOSTILE = """
create schema evil;
create function evil.lower(text) returns text language plpgsql as $$ begin raise 'evil'; end $$;
create function evil.format(text, variadic text[]) returns text language plpgsql as $$ begin raise 'evil'; end $$;
create function evil.format(text, text, oid) returns text language plpgsql as $$ begin raise 'evil'; end $$;
create function evil.json_agg_of(text, text) returns text language plpgsql as $$ begin raise 'evil'; end $$;
create aggregate evil.json_agg(text) (sfunc = evil.json_agg_of, stype = text, initcond = '');
create function evil.same("char", "char") returns bool language plpgsql as $$ begin raise 'evil'; end $$;
create operator evil.= (leftarg = "char", rightarg = "char", function = evil.same);
create function evil.count(text) returns bigint language plpgsql as $$ begin raise 'evil'; end $$;
create function evil.pg_table_size(oid) returns bigint language plpgsql as $$ begin raise 'evil'; end $$;
create cast (int as text) with inout as implicit; create cast (bigint as text) with inout as implicit;
create cast (smallint as text) with inout as implicit; create cast (oid as text) with inout as implicit;
create cast (numeric as text) with inout as implicit; create cast (text as int) with inout as implicit;
create cast (varchar as int) with inout as implicit; create cast (text as jsonb) with inout as implicit;
create table evil.pg_class (oid oid, relname name); create table evil.pg_settings (name text);
create table many (id int primary key, at timestamptz default '2020-01-01', f float8 default 0.1,
  span interval default '1 day 2 hours', day date default '2020-02-03', check (at > timestamptz '2019-01-01'),
  word text default E'a\\\\b');
insert into many (id) select g from generate_series(1, 20000) g;
alter table many enable row level security; alter table many force row level security;
create table status_of (s varchar(9) check (s in ('A', 'B')), b bytea default '\\x00ff');
create table ddl_log (at timestamptz, tag text);
create function log_ddl() returns event_trigger language plpgsql as
  $$ begin insert into public.ddl_log values (now(), tg_tag); end $$;
create function no_ddl() returns event_trigger language plpgsql as $$ begin raise 'nothing is made here'; end $$;
revoke all on schema public from public;
"""
# Made after the copy, for how a copy is loaded is no matter of the proof.
WATCHING = (
    "create event trigger log_ddl on ddl_command_end execute function log_ddl()",
    "create event trigger no_ddl on ddl_command_start execute function no_ddl()",
    "alter event trigger no_ddl enable always",
    "alter event trigger log_ddl enable always",
)
SETTINGS = (
    "default_transaction_read_only = on",
    "default_transaction_isolation = 'serializable'",
    "statement_timeout = '10ms'",
    "lock_timeout = '1ms'",
    "idle_in_transaction_session_timeout = '1ms'",
    "idle_session_timeout = '1ms'",
    "row_security = off",
    "search_path = evil, pg_catalog, public",
    "timezone = 'Asia/Tokyo'",
    "intervalstyle = 'iso_8601'",
    "bytea_output = 'escape'",
    "quote_all_identifiers = on",
    "standard_conforming_strings = off",
    "transform_null_equals = on",
    "plpgsql.extra_errors = 'all'",
    "role = 'nobody_here'",
)
# Those of another server, in which a copy may be read.
ELSEWHERE = ("timezone = 'America/Sao_Paulo'", "datestyle = 'german'", "intervalstyle = 'sql_standard'")
ELSEWHERE += ("extra_float_digits = -9", "bytea_output = 'hex'", "quote_all_identifiers = off")
