"""The role that dumps, as PostgreSQL knows it, and what it can do: tried for real, in transactions rolled back."""

import json
from subprocess import CompletedProcess

from _account import last, run_as

ROLE = """
select json_build_object(
  'exists', r.oid is not null, 'superuser', r.rolsuper, 'create_database', r.rolcreatedb,
  'create_role', r.rolcreaterole, 'replication', r.rolreplication, 'bypass_rls', r.rolbypassrls,
  'settings', coalesce(r.rolconfig, '{}'), 'has_password', a.rolpassword is not null,
  'member_of', coalesce((select json_agg(g.rolname order by g.rolname) from pg_auth_members m
                         join pg_roles g on g.oid = m.roleid where m.member = r.oid), '[]'),
  'functions', coalesce((select json_agg(distinct p.oid::regprocedure::text) from pg_proc p
                         cross join aclexplode(p.proacl) x where x.grantee = r.oid), '[]'),
  'owns', (select count(*) from pg_class c where c.relowner = r.oid))
from (select 1) one left join pg_roles r on r.rolname = :'role' left join pg_authid a on a.oid = r.oid
"""
# Read write is asked for, so that it is the rights that refuse and not the role's setting. `where false`: no row.
WRITES = {
    "create a table": "create table public.seawall_host_check ()",
    "delete rows": "delete from {table} where false",
    "add rows": "insert into {table} select * from {table} where false",
}


def look(wanted: dict) -> list:
    return [{**source, **database(source)} for source in wanted["databases"]]


def database(source: dict) -> dict:
    done = psql("postgres", source, "postgres", ROLE, database="postgres")
    if done.returncode:
        return {"trouble": last(done)}
    role = json.loads(done.stdout)
    return {"trouble": "", "role": role, **(rights(source) if role["exists"] else {})}


def rights(source: dict) -> dict:
    table = (
        "select format('%I.%I', schemaname, tablename) from pg_tables"
        " where schemaname not in ('pg_catalog', 'information_schema') order by 1 limit 1"
    )
    read = psql("seawall", source, source["role"], table)
    name = read.stdout.strip()
    tries = {what: sql.format(table=name) for what, sql in WRITES.items() if name or "{table}" not in sql}
    return {
        "readable": read.returncode == 0,
        "reading": last(read),
        "written": [what for what, sql in tries.items() if writes(source, sql)],
        "strangers": psql("nobody", source, source["role"], "select 1").returncode == 0,
    }


def writes(source: dict, sql: str) -> bool:
    return psql("seawall", source, source["role"], f"begin read write; {sql}; rollback").returncode == 0


def psql(account: str, source: dict, role: str, sql: str, database: str = "") -> CompletedProcess:
    argv = [
        *("psql", "-XAtqw", "-v", "ON_ERROR_STOP=1", "-v", f"role={source['role']}"),
        *("-h", source["socket"], "-p", str(source["port"]), "-U", role),
        *("-d", database or source["database"], "-f", "-"),
    ]
    return run_as(account, argv, f"set lock_timeout = '2s';\n{sql}\n;")
