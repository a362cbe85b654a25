"""Rows for tables that an application leaves empty: the statements are made by the server, and may be refused."""

# Of each table that has no rows a few are tried; a foreign key or a check may refuse them, and then it stays empty.
# What a column is made of, by its type or that below its domain; 20 bytes are what a SHA-1 needs.
POSTGRESQL = r"""
select format('insert into %s (%s) select %s from generate_series(1, 5) g on conflict do nothing;',
  c.oid::regclass, string_agg(quote_ident(a.attname), ', ' order by a.attnum),
  string_agg(case
    when b.typcategory = 'N' then 'g'
    when b.typcategory = 'B' then 'g % 2 = 0'
    when b.typcategory = 'D' then format('(timestamp ''2026-02-28 23:59:01'' + g * interval ''1 hour'')::%s', t.name)
    when b.typname = 'bytea' then 'decode(lpad(to_hex(g), 40, ''00ff''), ''hex'')'
    when b.typcategory = 'S'
      then format('left(''Ação '' || g, %s)::%s', coalesce(nullif(a.atttypmod, -1) - 4, 40), t.name)
    when b.typtype = 'e' then format('(enum_range(null::%s))[1]', t.name)
    when b.typcategory = 'I' then format('''192.0.2.1''::%s', t.name)
    when b.typname in ('json', 'jsonb') then format('''{"g": 1}''::%s', t.name)
    when b.typname = 'uuid' then 'md5(g::text)::uuid'
    else format('null::%s', t.name) end, ', ' order by a.attnum))
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
cross join lateral (select oid, oid::regtype::text as name, coalesce(nullif(typbasetype, 0), oid) as base
  from pg_type where oid = a.atttypid) t
join pg_type b on b.oid = t.base join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema') and a.attgenerated = ''
  and a.attidentity = '' and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
  and (xpath('/row/c/text()', query_to_xml(
    format('select count(*) as c from (select from %s limit 1) x', c.oid::regclass), false, true, '')))[1]::text = '0'
group by c.oid order by c.oid
"""
MARIADB = r"""
select concat('insert ignore into `', c.table_name, '` (',
  group_concat('`', c.column_name, '`' order by ordinal_position), ') select ',
  group_concat(case
    when c.data_type = 'tinyint' then 's.g % 2'
    when c.data_type like '%int' or c.data_type in ('decimal', 'float', 'double') then 's.g'
    when c.data_type in ('datetime', 'timestamp') then 'timestamp ''2026-02-28 23:59:01'' + interval s.g hour'
    when c.data_type = 'date' then '''2026-02-28'''
    when c.data_type = 'time' then '''23:59:01'''
    when c.data_type = 'year' then '2026'
    when c.data_type like '%char' or c.data_type like '%text'
      then concat('left(concat(''Ação '', s.g), ', least(c.character_maximum_length, 40), ')')
    when c.data_type like '%blob' or c.data_type like '%binary'
      then concat('left(unhex(concat(''00ff27'', hex(s.g + 160))), ', least(c.character_maximum_length, 40), ')')
    when c.data_type in ('enum', 'set') then substring_index(trim(trailing ')' from
      substring_index(c.column_type, '(', -1)), ',', 1)
    else 'null' end order by ordinal_position),
  ' from (select 1 g union select 2 union select 3 union select 4 union select 5) s;')
from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
where c.table_schema = database() and t.table_type = 'BASE TABLE' and c.generation_expression is null
  and coalesce(t.table_rows, 0) = 0
group by c.table_name order by c.table_name
"""
