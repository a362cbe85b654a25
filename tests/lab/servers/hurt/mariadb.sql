-- Beside the pharmacy's tables: accounts, a table without a key, a counter that is ahead of its rows, odd types.
create user clerk@localhost identified by 'made for the test';
grant select, insert on pharmacy.* to clerk@localhost;
create user reader@localhost;
grant select on pharmacy.drugs to reader@localhost;
create table odd (
  at timestamp(6) null, share float, exact double, bits bit(9), place point, stamp varbinary(20), many json, gone int,
  word varchar(40) default 'none', twice int as (gone * 2) stored
);
insert into odd (at, share, exact, bits, place, stamp, many, gone, word)
select from_unixtime(1700000000 + seq / 7), seq / 7, seq / 3, seq, point(seq, seq / 9), unhex(md5(seq)),
  json_object('a', seq), if(seq % 3, null, seq), concat('palavra ', seq) from seq_1_to_300;
create table ahead (id int unsigned not null auto_increment primary key, word text not null);
insert into ahead (word) select concat('w', seq) from seq_1_to_50;
delete from ahead where id > 40;
