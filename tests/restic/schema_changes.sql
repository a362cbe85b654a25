-- Single changes of the schema in every_sort.sql. The line before each: the sort of object, what is changed, and the
-- name of the object that must be told.

--- table | dropped | clinic.cache
drop table clinic.cache cascade;

--- table | added | clinic.added
create table clinic.added (id int);

--- table | renamed | clinic.kept
alter table clinic.cache rename to kept;

--- table | moved to another schema | "Odd ""one".cache
alter table clinic.cache set schema "Odd ""one";

--- table | owner | clinic.wards
alter table clinic.wards owner to owner_two;

--- table | unlogged becomes logged | clinic.cache
alter table clinic.cache set logged;

--- table | row security disabled | clinic.patients
alter table clinic.patients disable row level security;

--- table | row security not forced | clinic.patients
alter table clinic.patients no force row level security;

--- table | fill factor | clinic.patients
alter table clinic.patients set (fillfactor = 90);

--- table | vacuum of its stored values | clinic.patients
alter table clinic.patients reset (toast.autovacuum_enabled);

--- table | replica identity | clinic.patients
alter table clinic.patients replica identity full;

--- table | replica identity by another index | clinic.patients
alter table clinic.patients replica identity default;

--- table | access method | clinic.cache
alter table clinic.cache set access method heap_too;

--- table | typed no more any more | clinic.typed
alter table clinic.typed not of;

--- table | no inheritance any more | clinic.child
alter table clinic.child no inherit clinic.base;

--- table | inherits from another | clinic.cache
alter table clinic.cache add a int, add z text, add later_one varchar(3); alter table clinic.cache inherit
clinic.base;

--- table | partition detached | clinic.visits_2025
alter table clinic.visits detach partition clinic.visits_2025;

--- table | bound of a partition | clinic.visits_2025
alter table clinic.visits detach partition clinic.visits_2025; alter table clinic.visits attach partition
clinic.visits_2025 for values from ('2025-01-01') to ('2025-12-31');

--- table | default partition dropped | clinic.visits_rest
drop table clinic.visits_rest cascade;

--- table | strategy of the partitions | clinic.by_kind
drop table clinic.by_kind; create table clinic.by_kind (kind varchar(9), n int) partition by hash ((kind in ('A',
'B')));

--- table | expression of the partitions | clinic.by_kind
drop table clinic.by_kind; create table clinic.by_kind (kind varchar(9), n int) partition by list ((kind in ('A',
'C')));

--- table | options of a foreign table | clinic.far_results
alter foreign table clinic.far_results options (set table_name 's');

--- table | materialized view emptied | clinic.per_ward
refresh materialized view clinic.per_ward with no data;

--- table | barrier of a view | clinic.safe
alter view clinic.safe reset (security_barrier);

--- table | check option of a view | clinic.women
alter view clinic.women reset (check_option);

--- table | order of the columns | clinic.cache
drop table clinic.cache cascade; create unlogged table clinic.cache (value text, key text);

--- column | dropped | clinic.patients.note
alter table clinic.patients drop column note cascade;

--- column | added | clinic.wards.added
alter table clinic.wards add column added int;

--- column | renamed | clinic.wards.places
alter table clinic.wards rename beds to places;

--- column | type | clinic.wards.beds
alter table clinic.wards alter beds type bigint;

--- column | length | clinic.visits.kind
alter table clinic.visits alter kind type varchar(20);

--- column | nullable | clinic.patients.record
alter table clinic.patients alter record drop not null;

--- column | not nullable | clinic.patients.born
alter table clinic.patients alter born set not null;

--- column | default | clinic.patients.record
alter table clinic.patients alter record set default 'old';

--- column | default by a trifle | clinic.patients.record
alter table clinic.patients alter record set default 'new ';

--- column | default dropped | clinic.wards.floor
alter table clinic.wards alter floor drop default;

--- column | default of an instant | clinic.patients.seen
alter table clinic.patients alter seen set default '2020-01-01 00:00-02';

--- column | default of a span | clinic.patients.wait
alter table clinic.patients alter wait set default '1 day 3 hours';

--- column | default of bytes | clinic.patients.photo
alter table clinic.patients alter photo set default '\x01ff';

--- column | default of an enumeration | clinic.patients.state
alter table clinic.patients alter state set default 'paid';

--- column | default that calls a sequence | clinic.wards.floor
alter table clinic.wards alter floor set default nextval('clinic.numbers');

--- column | default of a view | clinic.safe.ward
alter view clinic.safe alter column ward set default 8;

--- column | collation | clinic.base.z
alter table clinic.base alter z type text collate "C";

--- column | identity dropped | clinic.wards.id
alter table clinic.wards alter id drop identity;

--- column | identity always | clinic.wards.id
alter table clinic.wards alter id set generated always;

--- column | computation | clinic.patients.doubled
alter table clinic.patients drop column doubled, add column doubled numeric generated always as (total * 3) stored;

--- column | computed no more | clinic.patients.doubled
alter table clinic.patients alter doubled drop expression;

--- column | storage | clinic.patients.note
alter table clinic.patients alter note set storage main;

--- column | compression | clinic.patients.photo
alter table clinic.patients alter photo set compression default;

--- column | statistics target | clinic.patients.town
alter table clinic.patients alter town set statistics 100;

--- column | number of values told | clinic.patients.town
alter table clinic.patients alter town reset (n_distinct);

--- column | options of a foreign column | clinic.far_results.id
alter foreign table clinic.far_results alter id options (set column_name 'n');

--- column | attribute of a composite type | clinic.pair.two
alter type clinic.pair alter attribute two type varchar(9);

--- column | of a column named by an odd hand | "Odd ""one"."Ta.ble"."Col;umn"
alter table "Odd ""one"."Ta.ble" alter "Col;umn" drop default;

--- constraint | check dropped | clinic.patients.sex_known
alter table clinic.patients drop constraint sex_known;

--- constraint | check added | clinic.wards.added
alter table clinic.wards add constraint added check (floor < 99);

--- constraint | check renamed | clinic.patients.sexes
alter table clinic.patients rename constraint sex_known to sexes;

--- constraint | value in a list | clinic.patients.sex_known
alter table clinic.patients drop constraint sex_known, add constraint sex_known check (sex in ('F', 'M', 'X', 'Y'));

--- constraint | value less in a list | clinic.patients.sex_known
alter table clinic.patients drop constraint sex_known, add constraint sex_known check (sex in ('F', 'M')) not valid;

--- constraint | not in a list | clinic.patients.sex_known
alter table clinic.patients drop constraint sex_known, add constraint sex_known check (sex not in ('F', 'M', 'X')) not
valid;

--- constraint | bound | clinic.wards.wards_beds_check
alter table clinic.wards drop constraint wards_beds_check, add constraint wards_beds_check check (beds between 1 and
98 and beds is not null);

--- constraint | `or` for `and` | clinic.wards.wards_beds_check
alter table clinic.wards drop constraint wards_beds_check, add constraint wards_beds_check check (beds between 1 and
99 or beds is not null);

--- constraint | brackets | clinic.wards.wards_beds_check
alter table clinic.wards drop constraint wards_beds_check, add constraint wards_beds_check check (beds >= 1 and (beds
<= 99 or beds is not null));

--- constraint | day | clinic.patients.patients_born_check
alter table clinic.patients drop constraint patients_born_check, add constraint patients_born_check check (born >=
date '1900-01-02');

--- constraint | check inherited | clinic.patients.sane
alter table clinic.patients drop constraint sane, add constraint sane check (total < 1000000);

--- constraint | check validated | clinic.patients.later
alter table clinic.patients validate constraint later;

--- constraint | unique dropped | clinic.patients.one_record
alter table clinic.patients drop constraint one_record;

--- constraint | unique in another order | clinic.patients.one_record
alter table clinic.patients drop constraint one_record, add constraint one_record unique (town, record);

--- constraint | key dropped | clinic.visits.visits_pkey
alter table clinic.follow drop constraint follow_visit_at_fkey; alter table clinic.visits drop constraint visits_pkey;

--- constraint | foreign key dropped | clinic.patients.patients_ward_fkey
alter table clinic.patients drop constraint patients_ward_fkey;

--- constraint | foreign key not deferrable | clinic.patients.patients_ward_fkey
alter table clinic.patients alter constraint patients_ward_fkey not deferrable;

--- constraint | foreign key not deferred | clinic.patients.patients_ward_fkey
alter table clinic.patients alter constraint patients_ward_fkey deferrable initially immediate;

--- constraint | act on delete | clinic.patients.patients_ward_fkey
alter table clinic.patients drop constraint patients_ward_fkey, add constraint patients_ward_fkey foreign key (ward)
references clinic.wards on delete cascade on update cascade deferrable initially deferred;

--- constraint | act on update | clinic.patients.patients_ward_fkey
alter table clinic.patients drop constraint patients_ward_fkey, add constraint patients_ward_fkey foreign key (ward)
references clinic.wards on delete set null deferrable initially deferred;

--- constraint | columns set on delete | clinic.follow.follow_visit_at_fkey
alter table clinic.follow drop constraint follow_visit_at_fkey, add constraint follow_visit_at_fkey foreign key
(visit, at) references clinic.visits on delete set null (visit);

--- constraint | matched otherwise | clinic.beds.beds_patient_fkey
alter table clinic.beds drop constraint beds_patient_fkey, add constraint beds_patient_fkey foreign key (patient)
references clinic.patients;

--- constraint | foreign key of another table | clinic.beds.beds_patient_fkey
alter table clinic.beds drop constraint beds_patient_fkey, add constraint beds_patient_fkey foreign key (ward)
references clinic.wards match full;

--- constraint | exclusion by another operator | clinic.beds.beds_during_excl
alter table clinic.beds drop constraint beds_during_excl, add constraint beds_during_excl exclude using gist (during
with =) where (ward between 1 and 9 and ward is not null);

--- constraint | of a partitioned table | clinic.visits.known
alter table clinic.visits add constraint known check (kind in ('A', 'B'));

--- index | dropped | clinic.by_note
drop index clinic.by_note;

--- index | added | clinic.added
create index added on clinic.wards (beds);

--- index | renamed | clinic.of_note
alter index clinic.by_note rename to of_note;

--- index | method | clinic.by_note
drop index clinic.by_note; create index by_note on clinic.patients using gist (note public.gist_trgm_ops);

--- index | not unique | clinic.by_name
drop index clinic.by_name; create index by_name on clinic.wards (lower(name));

--- index | nulls distinct | clinic.by_floor
drop index clinic.by_floor; create index by_floor on clinic.wards (floor);

--- index | no table is clustered by it | clinic.by_floor
alter table clinic.wards set without cluster;

--- index | fill factor | clinic.by_town
alter index clinic.by_town set (fillfactor = 90);

--- index | statistics target | clinic.by_town
alter index clinic.by_town alter column 2 set statistics 9;

--- index | of a partition alone | clinic.visits_2025_kind_idx
drop index clinic.by_kind_of; create index by_kind_of on only clinic.visits (kind);

--- index | exclusion for other rows | clinic.beds_during_excl
alter table clinic.beds drop constraint beds_during_excl, add constraint beds_during_excl exclude using gist (during
with &&) where (ward between 1 and 8 and ward is not null);

--- index | predicate | clinic.by_town
drop index clinic.by_town; create index by_town on clinic.patients (town text_pattern_ops desc nulls last,
lower(note)) include (born) with (fillfactor = 70) where sex in ('F', 'X');

--- index | predicate dropped | clinic.by_town
drop index clinic.by_town; create index by_town on clinic.patients (town text_pattern_ops desc nulls last,
lower(note)) include (born) with (fillfactor = 70);

--- index | expression | clinic.by_town
drop index clinic.by_town; create index by_town on clinic.patients (town text_pattern_ops desc nulls last,
upper(note)) include (born) with (fillfactor = 70) where sex in ('F', 'M');

--- index | order | clinic.by_town
drop index clinic.by_town; create index by_town on clinic.patients (town text_pattern_ops nulls last, lower(note))
include (born) with (fillfactor = 70) where sex in ('F', 'M');

--- index | place of nulls | clinic.by_town
drop index clinic.by_town; create index by_town on clinic.patients (town text_pattern_ops desc nulls first,
lower(note)) include (born) with (fillfactor = 70) where sex in ('F', 'M');

--- index | operator class | clinic.by_town
drop index clinic.by_town; create index by_town on clinic.patients (town desc nulls last, lower(note)) include (born)
with (fillfactor = 70) where sex in ('F', 'M');

--- index | collation | clinic.by_town
drop index clinic.by_town; create index by_town on clinic.patients (town collate "POSIX" text_pattern_ops desc nulls
last, lower(note)) include (born) with (fillfactor = 70) where sex in ('F', 'M');

--- index | columns held beside | clinic.by_town
drop index clinic.by_town; create index by_town on clinic.patients (town text_pattern_ops desc nulls last,
lower(note)) include (sex) with (fillfactor = 70) where sex in ('F', 'M');

--- index | order of its columns | clinic.by_town
drop index clinic.by_town; create index by_town on clinic.patients (lower(note), town text_pattern_ops desc nulls
last) include (born) with (fillfactor = 70) where sex in ('F', 'M');

--- view | condition | clinic.women
create or replace view clinic.women as select id, record from clinic.patients where sex in ('F', 'M') with check
option;

--- view | condition dropped | clinic.women
create or replace view clinic.women as select id, record from clinic.patients with check option;

--- view | dropped | clinic.women
drop view clinic.women;

--- view | bound | clinic.safe
create or replace view clinic.safe with (security_barrier) as select id, ward from clinic.patients where id between 1
and 8 and ward > 0;

--- view | `or` for `and` | clinic.safe
create or replace view clinic.safe with (security_barrier) as select id, ward from clinic.patients where id between 1
and 9 or ward > 0;

--- view | from parts alone | clinic.safe
create or replace view clinic.safe with (security_barrier) as select id, ward from only clinic.patients where id
between 1 and 9 and ward > 0;

--- view | materialized | clinic.empty
drop materialized view clinic.empty; create materialized view clinic.empty as select 2 as one with no data;

--- view | name of a column | clinic.women
alter view clinic.women rename record to code;

--- rule | dropped | clinic.cache.quiet
drop rule quiet on clinic.cache;

--- rule | disabled | clinic.cache.quiet
alter table clinic.cache disable rule quiet;

--- rule | always | clinic.cache.quiet
alter table clinic.cache enable always rule quiet;

--- rule | also, not instead | clinic.cache.quiet
create or replace rule quiet as on update to clinic.cache do also nothing;

--- rule | of another act | clinic.cache.quiet
create or replace rule quiet as on insert to clinic.cache do instead nothing;

--- rule | condition | clinic.women.log_women
create or replace rule log_women as on delete to clinic.women where old.record in ('A', 'C') do instead (select 1;
insert into clinic.cache values (old.record, ';'));

--- rule | act | clinic.women.log_women
create or replace rule log_women as on delete to clinic.women where old.record in ('A', 'B') do instead (select 1;
insert into clinic.cache values (old.record, ':'));

--- rule | act less | clinic.women.log_women
create or replace rule log_women as on delete to clinic.women where old.record in ('A', 'B') do instead (insert into
clinic.cache values (old.record, ';'));

--- trigger | dropped | clinic.patients.touched
drop trigger touched on clinic.patients;

--- trigger | disabled | clinic.patients.touched
alter table clinic.patients disable trigger touched;

--- trigger | enabled | clinic.wards.late
alter table clinic.wards enable trigger late;

--- trigger | always | clinic.patients.touched
alter table clinic.patients enable always trigger touched;

--- trigger | on replicas alone | clinic.patients.touched
alter table clinic.patients enable replica trigger touched;

--- trigger | renamed | clinic.patients.touches
alter trigger touched on clinic.patients rename to touches;

--- trigger | of a partition enabled | clinic.visits_2025.of_visits
alter table clinic.visits_2025 enable trigger of_visits;

--- trigger | not deferred | clinic.beds.checked
drop trigger checked on clinic.beds; create constraint trigger checked after insert on clinic.beds deferrable for each
row execute function clinic.touched();

--- trigger | name of the new rows | clinic.wards.late
drop trigger late on clinic.wards; create trigger late after insert on clinic.wards referencing new table as newer for
each statement execute function clinic.touched(); alter table clinic.wards disable trigger late;

--- trigger | condition | clinic.patients.touched
create or replace trigger touched before update of note, sex on clinic.patients for each row when (old.sex in ('F',
'X') and new.id between 1 and 9 and new.ward > 0) execute function clinic.touched('a', 'b');

--- trigger | old for new | clinic.patients.touched
create or replace trigger touched before update of note, sex on clinic.patients for each row when (new.sex in ('F',
'M') and old.id between 1 and 9 and new.ward > 0) execute function clinic.touched('a', 'b');

--- trigger | arguments | clinic.patients.touched
create or replace trigger touched before update of note, sex on clinic.patients for each row when (old.sex in ('F',
'M') and new.id between 1 and 9 and new.ward > 0) execute function clinic.touched('a', 'c');

--- trigger | columns | clinic.patients.touched
create or replace trigger touched before update of note on clinic.patients for each row when (old.sex in ('F', 'M')
and new.id between 1 and 9 and new.ward > 0) execute function clinic.touched('a', 'b');

--- trigger | after, not before | clinic.patients.touched
create or replace trigger touched after update of note, sex on clinic.patients for each row when (old.sex in ('F',
'M') and new.id between 1 and 9 and new.ward > 0) execute function clinic.touched('a', 'b');

--- trigger | function | clinic.patients.touched
create or replace trigger touched before update of note, sex on clinic.patients for each row when (old.sex in ('F',
'M') and new.id between 1 and 9 and new.ward > 0) execute function suppress_redundant_updates_trigger();

--- policy | dropped | clinic.patients.own
drop policy own on clinic.patients;

--- policy | roles | clinic.patients.own
alter policy own on clinic.patients to reader, writer;

--- policy | for everybody | clinic.patients.own
alter policy own on clinic.patients to public;

--- policy | condition | clinic.patients.own
alter policy own on clinic.patients using (sex in ('F', 'X'));

--- policy | condition of new rows | clinic.patients.writes
alter policy writes on clinic.patients with check (total between 0 and 8 and ward > 0);

--- policy | permissive | clinic.patients.own
drop policy own on clinic.patients; create policy own on clinic.patients for select to reader using (sex in ('F',
'M'));

--- policy | of another act | clinic.patients.own
drop policy own on clinic.patients; create policy own on clinic.patients as restrictive for delete to reader using
(sex in ('F', 'M'));

--- sequence | dropped | clinic.numbers
drop sequence clinic.numbers;

--- sequence | type | clinic.numbers
alter sequence clinic.numbers as bigint;

--- sequence | step | clinic.numbers
alter sequence clinic.numbers increment 3;

--- sequence | least | clinic.numbers
alter sequence clinic.numbers minvalue 0;

--- sequence | most | clinic.numbers
alter sequence clinic.numbers maxvalue 999;

--- sequence | start | clinic.numbers
alter sequence clinic.numbers start 13;

--- sequence | cache | clinic.numbers
alter sequence clinic.numbers cache 1;

--- sequence | no cycle | clinic.numbers
alter sequence clinic.numbers no cycle;

--- sequence | owner | clinic.numbers
alter sequence clinic.numbers owner to owner_two;

--- sequence | column that owns it | clinic.other_numbers
alter sequence clinic.other_numbers owned by clinic.wards.floor;

--- statistics | dropped | clinic.of_patients
drop statistics clinic.of_patients;

--- statistics | target | clinic.of_patients
alter statistics clinic.of_patients set statistics 7;

--- statistics | sort | clinic.of_patients
drop statistics clinic.of_patients; create statistics clinic.of_patients (mcv) on sex, town from clinic.patients;

--- statistics | columns | clinic.of_patients
drop statistics clinic.of_patients; create statistics clinic.of_patients (ndistinct, dependencies) on sex, note from
clinic.patients;

--- statistics | expression | clinic.of_words
drop statistics clinic.of_words; create statistics clinic.of_words on lower(note), (sex in ('F', 'X')) from
clinic.patients;

--- type | enumeration: label added | clinic.state
alter type clinic.state add value 'late';

--- type | enumeration: label renamed | clinic.state
alter type clinic.state rename value 'lost' to 'gone';

--- type | enumeration: order of labels | clinic.state
alter type clinic.state rename value 'paid' to 'x'; alter type clinic.state rename value 'lost' to 'paid'; alter type
clinic.state rename value 'x' to 'lost';

--- type | owner | clinic.state
alter type clinic.state owner to owner_two;

--- type | renamed | clinic.spans
alter type clinic.span rename to spans;

--- type | composite: attribute added | clinic.pair
alter type clinic.pair add attribute three text;

--- type | range: difference | clinic.span
drop type clinic.span; create type clinic.span as range (subtype = float8);

--- type | range: type | clinic.span
drop type clinic.span; create type clinic.span as range (subtype = float4);

--- type | domain: constraint | clinic.code
alter domain clinic.code drop constraint code_check; alter domain clinic.code add constraint code_check check (value
in ('A', 'B', 'D'));

--- type | domain: constraint dropped | clinic.amount
alter domain clinic.amount drop constraint amount_check;

--- type | domain: constraint renamed | clinic.amount
alter domain clinic.amount rename constraint amount_check to x;

--- type | domain: default | clinic.amount
alter domain clinic.amount set default 1;

--- type | domain: nullable | clinic.word
alter domain clinic.word drop not null;

--- type | domain: length | clinic.code
drop domain clinic.code; create domain clinic.code as varchar(7) check (value in ('A', 'B', 'C'));

--- type | domain: collation | clinic.word
drop domain clinic.word; create domain clinic.word as text collate "POSIX" not null;

--- function | dropped | clinic.many()
drop function clinic.many();

--- function | other arguments | clinic.many(integer)
create function clinic.many(int) returns int language sql return 1;

--- function | renamed | clinic.most()
alter function clinic.many() rename to most;

--- function | owner | clinic.many()
alter function clinic.many() owner to owner_two;

--- function | text | clinic.touched()
create or replace function clinic.touched() returns trigger language plpgsql as $$ begin return old; end $$;

--- function | volatility | clinic.twice(integer,integer)
alter function clinic.twice(int, int) stable;

--- function | parallel | clinic.twice(integer,integer)
alter function clinic.twice(int, int) parallel restricted;

--- function | called with nulls | clinic.twice(integer,integer)
alter function clinic.twice(int, int) called on null input;

--- function | leakproof | clinic.twice(integer,integer)
alter function clinic.twice(int, int) leakproof;

--- function | cost | clinic.twice(integer,integer)
alter function clinic.twice(int, int) cost 9;

--- function | rows | clinic.many()
alter function clinic.many() rows 51;

--- function | of whose rights | clinic.many()
alter function clinic.many() security invoker;

--- function | path | clinic.many()
alter function clinic.many() set search_path = clinic;

--- function | setting added | clinic.many()
alter function clinic.many() set work_mem = '5MB';

--- function | settings dropped | clinic.many()
alter function clinic.many() reset all;

--- function | default of an argument | clinic.twice(integer,integer)
create or replace function clinic.twice(n int, by int default 3) returns int language sql immutable strict parallel
safe cost 7 as 'select n * by';

--- function | default with a list | clinic.is_known(character varying,boolean)
create or replace function clinic.is_known(word varchar, also bool default ('x'::varchar in ('x', 'z'))) returns bool
return word in ('A', 'B') or also;

--- function | body | clinic.is_known(character varying,boolean)
create or replace function clinic.is_known(word varchar, also bool default ('x'::varchar in ('x', 'y'))) returns bool
return word in ('A', 'C') or also;

--- function | body of a procedure | clinic.tidy(character varying)
create or replace procedure clinic.tidy(a varchar) begin atomic select 1 where a in ('A', 'C'); end;

--- function | statement added to a body | clinic.tidy(character varying)
create or replace procedure clinic.tidy(a varchar) begin atomic select 1 where a in ('A', 'B'); select 2; end;

--- function | name of an argument | clinic.many()
drop function clinic.many(); create function clinic.many(out one int) returns setof int language plpgsql rows 50
security definer set search_path = clinic, pg_temp as $$ begin return query select 1; end $$;

--- aggregate | dropped | clinic.total(integer)
drop aggregate clinic.total(int);

--- aggregate | begin | clinic.total(integer)
create or replace aggregate clinic.total(int) (sfunc = int4pl, stype = int, initcond = '1', parallel = safe);

--- aggregate | function | clinic.total(integer)
create or replace aggregate clinic.total(int) (sfunc = int4mul, stype = int, initcond = '0', parallel = safe);

--- aggregate | owner | clinic.total(integer)
alter aggregate clinic.total(int) owner to owner_two;

--- aggregate argument | not variadic | clinic.most(integer[])
drop aggregate clinic.most(int[]); create aggregate clinic.most(one int[]) (sfunc = array_cat, stype = int[]);

--- aggregate argument | name | clinic.most(integer[])
drop aggregate clinic.most(int[]); create aggregate clinic.most(variadic two int[]) (sfunc = array_cat, stype = int[]);

--- aggregate argument | variadic | clinic.first_of(integer[])
create aggregate clinic.first_of(variadic int[]) (sfunc = array_cat, stype = int[]);

--- operator | dropped | clinic.>>
drop operator clinic.>> (clinic.address, clinic.address) cascade;

--- operator | estimate | clinic.<<
alter operator clinic.<< (clinic.address, clinic.address) set (restrict = none);

--- operator | owner | clinic.<<
alter operator clinic.<< (clinic.address, clinic.address) owner to owner_two;

--- operator class | dropped | clinic.place_order using btree
drop operator class clinic.place_order using btree;

--- operator class | default | clinic.place_order using btree
drop operator class clinic.place_order using btree; create operator class clinic.place_order default for type
clinic.address using btree family clinic.places as operator 1 clinic.<<, operator 5 clinic.>>, function 1
clinic.order_of(clinic.address, clinic.address);

--- operator family | operator less | clinic.places using btree
drop operator class clinic.place_order using btree; create operator class clinic.place_order for type clinic.address
using btree family clinic.places as operator 1 clinic.<<, function 1 clinic.order_of(clinic.address, clinic.address);

--- cast | dropped | text as clinic.address
drop cast (text as clinic.address);

--- cast | implicit | text as clinic.address
drop cast (text as clinic.address); create cast (text as clinic.address) with function clinic.to_address(text) as
implicit;

--- collation | dropped | clinic.german
drop collation clinic.german;

--- collation | locale | clinic.german
drop collation clinic.german; create collation clinic.german (provider = icu, locale = 'de-u-ks-level1', deterministic
= false);

--- collation | deterministic | clinic.german
drop collation clinic.german; create collation clinic.german (provider = icu, locale = 'de-u-ks-level2');

--- conversion | dropped | clinic.latin
drop conversion clinic.latin;

--- conversion | default | clinic.latin
drop conversion clinic.latin; create default conversion clinic.latin for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;

--- text search configuration | mapping | clinic.words
alter text search configuration clinic.words alter mapping for asciiword with simple;

--- text search configuration | mapping dropped | clinic.words
alter text search configuration clinic.words drop mapping for email;

--- text search dictionary | option | clinic.plain
alter text search dictionary clinic.plain (stopwords = german);

--- schema | added | added
create schema added;

--- schema | owner | clinic
alter schema clinic owner to owner_two;

--- schema | opened to everybody | clinic
grant create on schema clinic to public;

--- schema | right revoked | clinic
revoke usage on schema clinic from reader;

--- schema | public opened | public
grant create on schema public to public;

--- grant | revoked | clinic.patients
revoke select on clinic.patients from reader;

--- grant | added | clinic.wards
grant select on clinic.wards to public;

--- grant | not to be handed on | clinic.patients
revoke grant option for select on clinic.patients from reader;

--- grant | on a sequence | clinic.numbers
revoke usage on sequence clinic.numbers from reader;

--- grant | on a view | clinic.women
grant select on clinic.women to reader;

--- grant | on a foreign table | clinic.far_results
grant select on clinic.far_results to reader;

--- column grant | revoked | clinic.patients.note
revoke update (note) on clinic.patients from writer;

--- column grant | added | clinic.patients.sex
grant update (sex) on clinic.patients to writer;

--- function grant | revoked | clinic.twice(integer,integer)
revoke execute on function clinic.twice(int, int) from reader;

--- function grant | for everybody | clinic.twice(integer,integer)
grant execute on function clinic.twice(int, int) to public;

--- function grant | on an aggregate | clinic.total(integer)
revoke execute on function clinic.total(int) from public;

--- type grant | revoked | clinic.state
revoke usage on type clinic.state from reader;

--- type grant | on a domain | clinic.word
grant usage on type clinic.word to reader with grant option;

--- built-in grant | given back to everybody | function pg_catalog.pg_sleep(double precision)
grant execute on function pg_catalog.pg_sleep(float8) to public;

--- built-in grant | revoked from everybody | function pg_catalog.pg_cancel_backend(integer)
revoke execute on function pg_catalog.pg_cancel_backend(int) from public;

--- built-in grant | of a column | table column pg_catalog.pg_authid.rolname
revoke select (rolname) on pg_catalog.pg_authid from reader;

--- built-in grant | of a table | table pg_catalog.pg_authid
grant select on pg_catalog.pg_authid to reader;

--- built-in grant | not to be handed on | view pg_catalog.pg_config
revoke grant option for select on pg_catalog.pg_config from reader;

--- built-in grant | of a type | type smallint
grant usage on type pg_catalog.int2 to public;

--- built-in grant | of a language | language plpgsql
revoke usage on language plpgsql from public;

--- built-in grant | of the schema | schema pg_catalog
revoke usage on schema pg_catalog from public; grant usage on schema pg_catalog to reader;

--- built-in grant | function of an extension | function public.similarity(pg_catalog.text,pg_catalog.text)
grant execute on function public.similarity(text, text) to public;

--- built-in grant | view of an extension | view public.pg_stat_statements
grant select on public.pg_stat_statements to reader;

--- built-in grant | foreign data wrapper of an extension | foreign-data wrapper file_fdw
revoke usage on foreign data wrapper file_fdw from reader;

--- large object | owner | 77001
alter large object 77001 owner to owner_two;

--- large object | right revoked | 77001
revoke select on large object 77001 from reader;

--- large object | removed | 77001
select lo_unlink(77001);

--- default privilege | revoked | owner_one in clinic
alter default privileges for role owner_one in schema clinic revoke select on tables from reader;

--- default privilege | added | for owner_one
alter default privileges for role owner_one grant execute on functions to reader;

--- language | dropped | plown
drop language plown;

--- language | right revoked | plown
revoke usage on language plown from public;

--- transform | dropped | integer language sql
drop transform for int language sql cascade;

--- access method | dropped | heap_too
drop access method heap_too;

--- foreign data wrapper | option | nothing
alter foreign data wrapper nothing options (set a '2');

--- foreign data wrapper | owner's right | nothing
grant usage on foreign data wrapper nothing to reader;

--- foreign server | option | far
alter server far options (set host 'near');

--- foreign server | version | far
alter server far version '2';

--- foreign server | right revoked | far
revoke usage on foreign server far from reader;

--- user mapping | dropped | reader on far
drop user mapping for reader server far;

--- user mapping | added | public on far
create user mapping for public server far;

--- event trigger | dropped | watch
drop event trigger watch;

--- event trigger | disabled | watch
alter event trigger watch disable;

--- event trigger | always | watch
alter event trigger watch enable always;

--- event trigger | tags | watch
drop event trigger watch; create event trigger watch on ddl_command_end when tag in ('DROP TABLE') execute function
clinic.watched();

--- publication | dropped | results
drop publication results;

--- publication | acts | results
alter publication results set (publish = 'insert');

--- publication | table less | results
alter publication results drop table clinic.wards;

--- publication | condition | results
alter publication results set table clinic.wards (id, name) where (floor between 0 and 8 and floor is not null);

--- publication | columns | results
alter publication results set table clinic.wards (id) where (floor between 0 and 9 and floor is not null);

--- publication | schema | of_schema
alter publication of_schema set tables in schema "Odd ""one";

--- publication | owner | results
alter publication results owner to owner_two;

--- extension | schema | pg_trgm
create schema near; alter extension pg_trgm set schema near;

--- comment | table | table clinic.patients
comment on table clinic.patients is 'persons';

--- comment | column | clinic.patients.note
comment on column clinic.patients.note is null;

--- comment | schema | schema clinic
comment on schema clinic is null;

--- comment | constraint | sane
comment on constraint sane on clinic.patients is 'x';

--- comment | function | clinic.many()
comment on function clinic.many() is 'x';

--- comment | extension | extension pg_trgm
comment on extension pg_trgm is 'x';

--- database | owner | its owner is owner_two, but was owner_one
alter database copied owner to owner_two;

--- database | right revoked | right CONNECT of reader with grant option is missing
revoke connect on database copied from reader;

--- database | right not to be handed on | right CONNECT of reader with grant option is missing; right CONNECT of reader, which it did not have
revoke grant option for connect on database copied from reader;

--- database | right for everybody | right TEMPORARY of everybody, which it did not have
grant temporary on database copied to public;

--- database | right of its owner | right CREATE of its owner, which it did not have
grant create on database copied to owner_one;

--- database | setting | setting work_mem
alter database copied set work_mem to '6MB';

--- database | setting dropped | setting work_mem
alter database copied reset work_mem;

--- database | setting added | setting lock_timeout, which it did not have
alter database copied set lock_timeout to '1s';

--- database | search path | setting search_path
alter database copied set search_path to "Odd ""one", clinic, public;

--- database | setting of a role | setting statement_timeout of role reader
alter role reader in database copied set statement_timeout to '6s';

--- database | setting of another role | setting statement_timeout of role writer, which it did not have
alter role writer in database copied set statement_timeout to '5s';

--- database | connection limit | its connection limit is 51, but was 50
alter database copied connection limit 51;

--- database | comment | its comment differs
comment on database copied is 'the ward''s own';

--- database | comment dropped | its comment differs
comment on database copied is null;

--- database | security label | its security label of selinux differs
set local allow_system_table_mods = on; insert into pg_shseclabel select oid, 'pg_database'::regclass, 'selinux', 'x' from
pg_database where datname = 'copied';
