-- Beside the hospital's tables: one of each thing that can be hurt, and values whose text depends on settings.
create role clerk login;
create role auditor login connection limit 3;
create role readers;
grant readers to auditor;
create extension pgcrypto;
create schema billing authorization clerk;
create type billing.state as enum ('open', 'paid', 'lost');
create domain billing.amount as numeric check (value >= 0);
create table billing.invoices (
  id int generated always as identity primary key,
  code text unique,
  state billing.state not null default 'open',
  total billing.amount not null,
  taxed numeric generated always as (total * 1.1) stored,
  price money,
  weight double precision,
  span interval,
  stamp bytea,
  note text default 'none',
  check (total < 1000000)
);
alter table billing.invoices owner to clerk;
insert into billing.invoices (code, state, total, price, weight, span, stamp, note)
select 'F' || i, (array['open', 'paid', 'lost'])[1 + i % 3]::billing.state, i, i::money, i / 7.0,
  i * interval '1 hour 7 min', decode(md5(i::text), 'hex'), 'nota ' || md5(i::text)
from generate_series(1, 500) i;
create table billing.notes (at timestamptz, words text);
insert into billing.notes select timestamptz '2026-01-01' + i * interval '1 min', 'palavra ' || i
from generate_series(1, 300) i;
create table billing.parted (at date, what text) partition by range (at);
create table billing.parted_2026 partition of billing.parted for values from ('2026-01-01') to ('2027-01-01');
insert into billing.parted select date '2026-01-01' + i, 'x' || i from generate_series(0, 99) i;
create function billing.touched() returns trigger language plpgsql as $$ begin new.note := new.note; return new; end $$;
create trigger touched before update on billing.invoices for each row execute function billing.touched();
create materialized view billing.totals as select state, sum(total) as total from billing.invoices group by state;
alter table billing.notes enable row level security;
create policy own_notes on billing.notes to readers using (words <> '');
grant select on billing.invoices to readers;
grant select (words) on billing.notes to readers;
create index on billing.notes (words);
select lo_from_bytea(0, decode(repeat(md5(i::text), 400), 'hex')) from generate_series(1, 5) i;
insert into patients (record_number, name, born, sex, city)
select 'P' || i, 'Pessoa ' || i, date '1960-01-01' + i, (array['F', 'M'])[1 + i % 2], 'Cidade ' || i % 9
from generate_series(1, 200) i;
insert into admissions (patient_id, ward, admitted, diagnosis, note)
select i, 'Ala ' || i % 5, timestamptz '2026-01-01' + i * interval '3 hours', 'I' || i % 99, 'nota ' || md5(i::text)
from generate_series(1, 200) i;
