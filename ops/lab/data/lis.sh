# The laboratory's server, Debian 13: PostgreSQL 17 with databases of every sort, MariaDB 11.8, SQLite, reports.
. /var/tmp/hospital/servers.sh
start_postgresql 17
start_mariadb
as_postgres createuser lis_app
as_postgres createdb --owner lis_app lis
load -d lis -c 'SET ROLE lis_app' -f $here/laboratory.sql
# What an old system leaves behind: another encoding, a name that needs quoting, a database with nothing in it.
as_postgres createdb --owner lis_app --template template0 --encoding LATIN1 --locale C legacy
load -d legacy -c "CREATE TABLE pacientes (id int PRIMARY KEY, nome text)" \
    -c "INSERT INTO pacientes SELECT i, 'João Conceição ' || i FROM generate_series(1, 500) i"
as_postgres createdb --owner lis_app 'a b"c'
load -d 'a b"c' -c 'CREATE TABLE "odd ""name" ("a b" int)' -c 'INSERT INTO "odd ""name" SELECT generate_series(1, 10)'
as_postgres createdb empty
chinook_for_postgresql lis_app
fill_mariadb billing
stop_all 17
make_agenda
mkdir -p /srv/lis
mv $here/documents /srv/lis/reports
give_to_web_server /srv/lis
