"""What of a database's catalogues a dump carries: no system schemas, nothing that an extension made."""

OURS = """
  n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and not exists (select from pg_catalog.pg_depend d where d.objid = {oid} and d.deptype = 'e')
"""
# Of what has no schema: what came with the server has a lower number.
ADDED = """
  {oid} >= 16384 and not exists (select from pg_catalog.pg_depend d where d.objid = {oid} and d.deptype = 'e')
"""
