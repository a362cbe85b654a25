"""The account that dumps, as MariaDB knows it, and what it can do: tried for real, on rows that are not there."""

import re
from subprocess import CompletedProcess

from _account import last, run_as

WRITES = {
    "create a database": "create database seawall_host_check",
    "create a table": "create table {database}.seawall_host_check (a int)",
    "delete rows": "delete from {table} where false",
    "add rows": "insert into {table} select * from {table} where false",
    "change rows": "update {table} set {column} = {column} where false",
    "write files": "select 1 into outfile '/var/tmp/seawall_host_check/none'",
    "make accounts": "create user seawall_host_check@localhost identified via unix_socket",
}
# What a trial that went through has left, taken away by root.
LEFT = (
    "drop database if exists seawall_host_check;"
    "drop table if exists {database}.seawall_host_check;"
    "drop user if exists seawall_host_check@localhost"
)
FIRST = """
select table_name, column_name from information_schema.columns
join information_schema.tables using (table_schema, table_name)
where table_schema = '{schema}' and table_type = 'BASE TABLE' and generation_expression is null order by 1, 2 limit 1
"""
HOSTS = "select host from mysql.user where user = '{}'"


def look(wanted: dict) -> list:
    return [{**place, **account(place)} for place in wanted["mariadb"]]


def account(place: dict) -> dict:
    who = f"'{place['user']}'@'localhost'"
    version = mariadb("root", place, "root", "select version()")
    if version.returncode:
        return {"trouble": last(version)}
    made = mariadb("root", place, "root", f"show create user {who}")
    return {
        "trouble": "",
        "version": version.stdout.strip(),
        "exists": made.returncode == 0,
        "made": masked(made.stdout.strip()),
        "grants": masked(mariadb("root", place, "root", f"show grants for {who}").stdout).splitlines(),
        "hosts": mariadb("root", place, "root", HOSTS.format(place["user"])).stdout.split(),
        **(rights(place) if made.returncode == 0 else {}),
    }


def masked(text: str) -> str:
    """Without hashes of passwords: what is seen is reported."""
    return re.sub(r"'[^']*'", "'...'", text)


def rights(place: dict) -> dict:
    seen = mariadb("seawall", place, place["user"], "show databases")
    return {
        "databases": seen.stdout.splitlines(),
        "reading": last(seen),
        "written": written(place, seen.stdout.splitlines()),
        "strangers": mariadb("nobody", place, place["user"], "select 1").returncode == 0,
    }


def written(place: dict, databases: list) -> list:
    """What the account was able to write, in the policy's database or the first one there is."""
    own = [name for name in databases if name not in ("information_schema", "mysql", "performance_schema", "sys")]
    schema = place["database"] or (own or ["mysql"])[0]
    words = {"database": name(schema)}
    found = mariadb("root", place, "root", FIRST.format(schema=schema.replace("\\", "\\\\").replace("'", "''")))
    if found.stdout.strip():
        table, column = found.stdout.rstrip("\n").split("\t")
        words |= {"table": f"{name(schema)}.{name(table)}", "column": name(column)}
    tries = {what: sql.format(**words) for what, sql in WRITES.items() if "table" in words or "{table}" not in sql}
    done = [what for what, sql in tries.items() if mariadb("seawall", place, place["user"], sql).returncode == 0]
    if done:
        mariadb("root", place, "root", LEFT.format(**words))
    return done


def name(value: str) -> str:
    return "`" + value.replace("`", "``") + "`"


def mariadb(account: str, place: dict, user: str, sql: str) -> CompletedProcess:
    argv = ["mariadb", "--no-defaults", "--protocol=socket"]
    argv += [f"--socket={place['socket']}", f"--user={user}", "--batch", "--raw", "--skip-column-names"]
    return run_as(account, argv, f"set session lock_wait_timeout = 2;\n{sql};\n")
