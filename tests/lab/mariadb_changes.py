"""A MariaDB schema with one of each sort, and single changes of it: what was changed, the statement, sort and name."""

SCHEMA = """
create database changed character set utf8mb4 collate utf8mb4_general_ci; use changed;
create table wards (id int primary key, name varchar(20) not null, beds int default 1, floor int,
  constraint few check (beds < 100), key by_name (name)) comment 'wards';
create table patients (id int auto_increment primary key, ward int, code varchar(20) character set latin1, born date,
  note text, kind enum('in', 'out') default 'in', age int as (year('2026-11-26') - year(born)) virtual,
  weight decimal(5, 2) unsigned, seen timestamp default current_timestamp(), data json,
  key by_code (code (5)), key by_born (born, kind), unique key by_weight (weight), fulltext key by_note (note),
  constraint of_ward foreign key (ward) references wards (id) on delete set null, check (weight > 0));
create table beds (id int, ward int) partition by range (id)
  (partition low values less than (10), partition high values less than maxvalue);
create table parted (id int) partition by hash (id) partitions 3;
create table log (id int primary key, v varchar(9)) engine=aria transactional=0;
create table past (id int) with system versioning;
create table memory_table (id int) engine=memory;
create sequence numbers start 5 minvalue 1 maxvalue 1000 increment 1 cache 10;
create table tubes (id int primary key default nextval(numbers));
create view open_wards as select id, name from wards where beds > 0;
create view checked as select id, beds from wards where beds > 1 with check option;
create function twice (x int) returns int deterministic return 2 * x;
create procedure count_wards (in least int, out found int) reads sql data comment 'counts'
  select count(*) into found from wards where beds >= least;
create trigger before_ward before insert on wards for each row set new.name = trim(new.name);
create trigger after_ward after insert on wards for each row set @wards = 1;
create trigger first_seen before update on patients for each row set new.seen = now();
create trigger second_seen before update on patients for each row set new.note = trim(new.note);
create event nightly on schedule every 1 day starts '2030-01-01 02:00:00' comment 'each night' do delete from log;
create user if not exists other_definer@localhost account lock;
"""
CHANGES = (
    ("the type of a column", "alter table wards modify floor bigint", "column", "wards.floor"),
    ("its length", "alter table wards modify name varchar(21) not null", "column", "wards.name"),
    ("whether it may be null", "alter table wards modify name varchar(21)", "column", "wards.name"),
    ("its default", "alter table wards alter beds set default 2", "column", "wards.beds"),
    ("no default", "alter table wards alter beds drop default", "column", "wards.beds"),
    ("its comment", "alter table wards modify floor bigint comment 'x'", "column", "wards.floor"),
    ("that it is invisible", "alter table wards modify floor bigint invisible", "column", "wards.floor"),
    ("its name", "alter table wards change floor storey bigint", "column", "wards.storey"),
    ("its place", "alter table wards modify storey bigint after id", "column", "wards.storey"),
    ("a column more", "alter table wards add column more int", "column", "wards.more"),
    ("a column less", "alter table wards drop column more", "column", "wards.more"),
    (
        "its character set",
        "alter table patients modify code varchar(20) character set utf8mb3",
        "column",
        "patients.code",
    ),
    ("its collation", "alter table patients modify code varchar(20) collate utf8mb3_bin", "column", "patients.code"),
    (
        "a value of an enum",
        "alter table patients modify kind enum('in','out','day') default 'in'",
        "column",
        "patients.kind",
    ),
    ("unsigned", "alter table patients modify weight decimal(5, 2)", "column", "patients.weight"),
    ("the scale of a number", "alter table patients modify weight decimal(5, 1)", "column", "patients.weight"),
    (
        "the expression of a computed column",
        "alter table patients modify age int as (year('2027-11-26') - year(born)) virtual",
        "column",
        "patients.age",
    ),
    (
        "that it is stored",
        "alter table patients drop column age, add column age int as (1 + year(born)) stored after kind",
        "column",
        "patients.age",
    ),
    (
        "the fraction of a time",
        "alter table patients modify seen timestamp(3) default current_timestamp(3)",
        "column",
        "patients.seen",
    ),
    (
        "ON UPDATE",
        "alter table patients modify seen timestamp(3) default current_timestamp(3) on update current_timestamp(3)",
        "column",
        "patients.seen",
    ),
    ("the check of JSON", "alter table patients modify data longtext", "column", "patients.data"),
    ("AUTO_INCREMENT", "alter table patients modify id int not null", "column", "patients.id"),
    ("the sequence of a default", "alter table tubes alter id drop default", "column", "tubes.id"),
    ("an index less", "alter table wards drop key by_name", "index", "wards.by_name"),
    ("an index more", "alter table wards add key by_beds (beds)", "index", "wards.by_beds"),
    ("its name", "alter table wards rename key by_beds to by_places", "index", "wards.by_places"),
    (
        "that it is unique",
        "alter table wards drop key by_places, add unique key by_places (beds)",
        "index",
        "wards.by_places",
    ),
    (
        "the length of its prefix",
        "alter table patients drop key by_code, add key by_code (code (6))",
        "index",
        "patients.by_code",
    ),
    (
        "its direction",
        "alter table patients drop key by_born, add key by_born (born desc, kind)",
        "index",
        "patients.by_born",
    ),
    (
        "the order of its columns",
        "alter table patients drop key by_born, add key by_born (kind, born)",
        "index",
        "patients.by_born",
    ),
    (
        "its comment",
        "alter table patients drop key by_born, add key by_born (kind, born) comment 'x'",
        "index",
        "patients.by_born",
    ),
    ("that it is ignored", "alter table patients alter index by_born ignored", "index", "patients.by_born"),
    ("its kind", "alter table patients drop key by_note, add key by_note (note (9))", "index", "patients.by_note"),
    ("the primary key", "alter table log drop primary key", "index", "log.PRIMARY"),
    (
        "ON DELETE of a foreign key",
        "alter table patients drop foreign key of_ward; alter table patients add constraint of_ward"
        " foreign key (ward) references wards (id)"
        " on delete cascade",
        "foreign key",
        "patients.of_ward",
    ),
    (
        "ON UPDATE of a foreign key",
        "alter table patients drop foreign key of_ward; alter table patients add constraint of_ward"
        " foreign key (ward) references wards (id)"
        " on delete cascade on update cascade",
        "foreign key",
        "patients.of_ward",
    ),
    ("a foreign key less", "alter table patients drop foreign key of_ward", "foreign key", "patients.of_ward"),
    ("a check less", "alter table patients drop constraint CONSTRAINT_1", "check", "patients.CONSTRAINT_1"),
    (
        "its expression",
        "alter table wards drop constraint few, add constraint few check (beds < 101)",
        "check",
        "wards.few",
    ),
    ("a check more", "alter table log add constraint short check (char_length(v) < 9)", "check", "log.short"),
    ("the engine", "alter table memory_table engine=innodb", "table", "memory_table"),
    ("an option of the engine", "alter table log transactional=1", "table", "log"),
    ("its checksums", "alter table log page_checksum=0", "table", "log"),
    ("the format of rows", "alter table memory_table row_format=compact", "table", "memory_table"),
    ("the statistics of a table", "alter table memory_table stats_persistent=0", "table", "memory_table"),
    ("the comment of a table", "alter table wards comment 'all wards'", "table", "wards"),
    ("the default collation of a table", "alter table log collate utf8mb4_bin", "table", "log"),
    ("system versioning", "alter table past drop system versioning", "table", "past"),
    ("a table more", "create table added (a int)", "table", "added"),
    ("a table less", "drop table added", "table", "added"),
    (
        "the bound of a partition",
        "alter table beds reorganize partition low, high into (partition low values less than (9),"
        " partition high values less than maxvalue)",
        "partition",
        "beds",
    ),
    (
        "a partition more",
        "alter table beds reorganize partition high into (partition middle values less than (90),"
        " partition high values less than maxvalue)",
        "partition",
        "beds",
    ),
    ("the number of partitions", "alter table parted add partition partitions 1", "partition", "parted"),
    ("no partitions", "alter table parted remove partitioning", "partition", "parted"),
    ("the start of a sequence", "alter sequence numbers start 6", "sequence", "numbers"),
    ("its step", "alter sequence numbers increment 2", "sequence", "numbers"),
    ("its largest value", "alter sequence numbers maxvalue 2000", "sequence", "numbers"),
    ("its smallest value", "alter sequence numbers minvalue 0", "sequence", "numbers"),
    ("its cache", "alter sequence numbers cache 20", "sequence", "numbers"),
    ("that it cycles", "alter sequence numbers cycle", "sequence", "numbers"),
    ("the query of a view", "alter view open_wards as select id, name from wards where beds > 1", "view", "open_wards"),
    (
        "its security",
        "alter sql security invoker view open_wards as select id, name from wards where beds > 1",
        "view",
        "open_wards",
    ),
    (
        "its definer",
        "alter definer=other_definer@localhost sql security invoker view open_wards as"
        " select id, name from wards where beds > 1",
        "view",
        "open_wards",
    ),
    (
        "its algorithm",
        "alter algorithm=temptable definer=other_definer@localhost sql security invoker view open_wards as"
        " select id, name from wards where beds > 1",
        "view",
        "open_wards",
    ),
    (
        "CHECK OPTION",
        "alter view checked as select id, beds from wards where beds > 1 with local check option",
        "view",
        "checked",
    ),
    ("a view less", "drop view checked", "view", "checked"),
    (
        "the body of a trigger",
        "create or replace trigger before_ward before insert on wards for each row set new.name = upper(new.name)",
        "trigger",
        "before_ward",
    ),
    (
        "its moment",
        "create or replace trigger after_ward before insert on wards for each row set @wards = 1",
        "trigger",
        "after_ward",
    ),
    (
        "its event",
        "create or replace trigger after_ward before delete on wards for each row set @wards = 1",
        "trigger",
        "after_ward",
    ),
    (
        "its definer",
        "create or replace definer=other_definer@localhost trigger after_ward before delete on wards for each row"
        " set @wards = 1",
        "trigger",
        "after_ward",
    ),
    (
        "the order of triggers",
        "drop trigger first_seen; create trigger first_seen before update on patients for each row follows second_seen"
        " set new.seen = now()",
        "trigger",
        "first_seen",
    ),
    (
        "its SQL mode",
        "set sql_mode = 'ANSI_QUOTES'; create or replace definer=other_definer@localhost trigger after_ward"
        " before delete on wards for each row set @wards = 1; set sql_mode = ''",
        "trigger",
        "after_ward",
    ),
    ("a trigger less", "drop trigger second_seen", "trigger", "second_seen"),
    (
        "the body of a routine",
        "create or replace function twice (x int) returns int deterministic return 2 * x + 0",
        "routine",
        "FUNCTION.twice",
    ),
    (
        "what it returns",
        "create or replace function twice (x int) returns bigint deterministic return 2 * x + 0",
        "routine",
        "FUNCTION.twice",
    ),
    (
        "that it is deterministic",
        "create or replace function twice (x int) returns bigint not deterministic return 2 * x + 0",
        "routine",
        "FUNCTION.twice",
    ),
    (
        "what it takes",
        "create or replace function twice (x bigint) returns bigint return 2 * x + 0",
        "parameter",
        "twice",
    ),
    ("its security", "alter procedure count_wards sql security invoker", "routine", "PROCEDURE.count_wards"),
    ("its comment", "alter procedure count_wards comment 'x'", "routine", "PROCEDURE.count_wards"),
    ("how it reads data", "alter procedure count_wards modifies sql data", "routine", "PROCEDURE.count_wards"),
    (
        "the mode of a parameter",
        "create or replace procedure count_wards (in least int, inout found int) sql security invoker modifies sql data"
        " comment 'x' select count(*) into found from wards where beds >= least",
        "parameter",
        "count_wards",
    ),
    ("a routine less", "drop procedure count_wards", "routine", "PROCEDURE.count_wards"),
    (
        "the schedule of an event",
        "alter event nightly on schedule every 2 day starts '2030-01-01 02:00:00'",
        "event",
        "nightly",
    ),
    ("its beginning", "alter event nightly on schedule every 2 day starts '2030-01-01 03:00:00'", "event", "nightly"),
    ("its end", "alter event nightly on schedule every 2 day ends '2031-01-01'", "event", "nightly"),
    ("its body", "alter event nightly do delete from log where id > 1", "event", "nightly"),
    ("whether it stays", "alter event nightly on completion preserve", "event", "nightly"),
    ("its comment", "alter event nightly comment 'x'", "event", "nightly"),
    ("its definer", "alter definer=other_definer@localhost event nightly comment 'x'", "event", "nightly"),
    ("the default collation of the database", "alter database changed collate utf8mb4_bin", "database", "database"),
    ("its default character set", "alter database changed character set latin1", "database", "database"),
)
