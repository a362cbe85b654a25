"""What the role postgresql_standby lays down on each of the two machines of a standby, and in their cluster."""

from __future__ import annotations

import ipaddress
from typing import Any

from ops.core.schema import Plain
from ops.policy import secrets
from ops.policy.model import HostPolicy
from ops.policy.role_files import UNITS, File
from ops.policy.secrets import Secrets
from ops.policy.standby import ROLE, Standby, slot

WATCH = "seawall_watch"  # that the check asks as; it sees figures of the server, and no data
MARK = "seawall_standby"  # the map of pg_ident.conf
_MIB = 1 << 20
_OF_REWIND = (
    "pg_ls_dir(text, boolean, boolean)",
    "pg_stat_file(text, boolean)",
    "pg_read_binary_file(text)",
    "pg_read_binary_file(text, bigint, bigint, boolean)",
)


def settings(name: str, one: Standby, host: str, folder: str) -> str:
    """Return the cluster's settings, as a file of conf.d. folder: that of its settings; certificates lie below it."""
    own = f"{folder}/seawall"
    said = {
        "wal_level": "replica",
        "wal_log_hints": "on",  # without it, or checksums, pg_rewind can't know what differs
        "max_wal_senders": 10,
        "max_replication_slots": 10,
        "max_slot_wal_keep_size": f"{one.kept_log.bytes // _MIB}MB",
        "hot_standby": "on",
        "hot_standby_feedback": "on",  # a dump on the standby is not ended for the primary's vacuum
        "ssl": "on",
        "ssl_ca_file": f"'{own}/authority.pem'",
        "ssl_cert_file": f"'{own}/tls.pem'",
        "ssl_key_file": f"'{own}/tls.key'",
        "primary_conninfo": f"'{one.way(name, host, own)}'",
        "primary_slot_name": f"'{slot(name)}'",
        "recovery_target_timeline": "'latest'",
    }
    return "".join(f"{key} = {value}\n" for key, value in said.items())


def access(one: Standby, host: str) -> str:
    """Return the rules of pg_hba.conf, for the beginning: the other machine by its certificate, the check by socket."""
    address = ipaddress.ip_address(one.machines[one.other(host)])
    network = f"{address}/{address.max_prefixlen}"
    return (
        f"local postgres {WATCH} peer map={MARK}\n"
        f"local all {WATCH},{ROLE} reject\n"
        f"hostssl postgres {ROLE} {network} cert map={MARK}\n"
        f"hostssl replication {ROLE} {network} cert map={MARK}\n"
        f"host all {WATCH},{ROLE} all reject\n"
        f"host replication {ROLE} all reject\n"
    )


def names(one: Standby, host: str, account: str = "seawall") -> str:
    """Return the lines of pg_ident.conf: which account and which certificate become which role."""
    return f"{MARK} {account} {WATCH}\n{MARK} {one.other(host)} {ROLE}\n"


def roles() -> str:
    """Return SQL that makes both roles, with the rights that they need and no others; each row is a statement needed.

    It is for a primary; its standby has them from it.
    """
    functions = ", ".join(f"('pg_catalog.{function}')" for function in _OF_REWIND)
    return f"""
with wanted (step, statement, there) as (values
  (1, 'create role {ROLE} login replication', exists (select from pg_roles where rolname = '{ROLE}')),
  (1, 'create role {WATCH} login', exists (select from pg_roles where rolname = '{WATCH}')),
  (2, 'alter role {ROLE} login replication nosuperuser nocreatedb nocreaterole nobypassrls password null',
    exists (select from pg_authid where rolname = '{ROLE}' and rolcanlogin and rolreplication and rolpassword is null
      and not (rolsuper or rolcreatedb or rolcreaterole or rolbypassrls))),
  (2, 'alter role {WATCH} login noreplication nosuperuser nocreatedb nocreaterole nobypassrls password null',
    exists (select from pg_authid where rolname = '{WATCH}' and rolcanlogin and rolpassword is null
      and not (rolreplication or rolsuper or rolcreatedb or rolcreaterole or rolbypassrls))),
  (3, 'grant pg_read_all_stats to {WATCH}', exists (select from pg_auth_members
    where roleid = 'pg_read_all_stats'::regrole and member = to_regrole('{WATCH}'))))
select statement from (select step, statement from wanted where not there and not pg_is_in_recovery()
union all
select 4, format('grant execute on function %s to {ROLE}', f) from (values {functions}) as functions (f)
where not pg_is_in_recovery() and not exists (select from pg_proc p, aclexplode(p.proacl) a
  where p.oid = f::regprocedure and a.grantee = to_regrole('{ROLE}') and a.privilege_type = 'EXECUTE')
order by 1) as needed
"""  # noqa: S608 -- nothing but words of this module


def undo(name: str) -> str:
    """Return SQL that takes both roles and the slot away; each row is a statement needed. It is for a primary."""
    return f"""
select statement from (
select 1 as step, format('select pg_drop_replication_slot(%L)', slot_name) as statement from pg_replication_slots
  where slot_name = '{slot(name)}' and not active
union all
select 2, format('drop owned by %I', rolname) from pg_roles where rolname in ('{ROLE}', '{WATCH}')
union all
select 3, format('drop role %I', rolname) from pg_roles where rolname in ('{ROLE}', '{WATCH}')
) as needed where not pg_is_in_recovery() order by step
"""  # noqa: S608 -- nothing but words of this module, and a name of the policy's form


def laid(policy: HostPolicy) -> list[dict[str, Plain]]:
    """Return each standby of a machine for the role: where its cluster lies, and what is laid down there."""
    return [_laid(name, one, policy.host) for name, one in (policy.standby or {}).items()]


def _laid(name: str, one: Standby, host: str) -> dict[str, Any]:
    folder = f"/etc/postgresql/{one.release}/{one.cluster}"
    return {
        "name": name,
        "release": one.release,
        "cluster": one.cluster,
        "port": one.port,
        "address": one.machines[host],
        "folder": folder,
        "settings": settings(name, one, host, folder),
        "access": access(one, host),
        "names": names(one, host),
        "roles": roles(),
        "undo": undo(name),
        "guard": guard(name, one),
    }


def guard(name: str, one: Standby) -> dict[str, str]:
    """Return the drop-in of the cluster's unit by which it asks, before it starts, whether it may."""
    fence = f"/etc/postgresql/{one.release}/{one.cluster}/seawall-fenced"
    text = f"[Unit]\nAssertPathExists=!{fence}\n\n[Service]\nExecStartPre=/usr/bin/seawall standby guard {name}\n"
    return {"path": f"{UNITS}/postgresql@{one.release}-{one.cluster}.service.d/seawall-standby.conf", "content": text}


def files(policy: HostPolicy, said: Secrets) -> list[File]:
    """Return the certificate, key and authority of each standby; raise UsageError for a secret that lacks."""
    found = []
    for one in (policy.standby or {}).values():
        folder = f"/etc/postgresql/{one.release}/{one.cluster}/seawall"
        wanted = (
            ("authority.pem", secrets.AUTHORITY[0], "0644"),
            ("tls.pem", secrets.STANDBY[0], "0644"),
            ("tls.key", secrets.STANDBY[1], "0640"),
        )
        found += [
            File(
                path=f"{folder}/{file}",
                content=said.text(policy.host, variable),
                mode=mode,
                group="postgres",
                secret=file == "tls.key",
            )
            for file, variable, mode in wanted
        ]
    return found
