# Read by his.sh and lis.sh, as root in the tree of a machine: database servers for as long as it is filled.
# Nothing here has to survive a power cut until it is all there.
set -eu
here=/var/tmp/hospital
cd /
as_postgres() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }
as_mysql() { setpriv --reuid=mysql --regid=mysql --init-groups "$@"; }
load() { as_postgres psql -qXAt -v ON_ERROR_STOP=1 --single-transaction "$@" >/dev/null; }

start_postgresql() {
    pg_createcluster "$1" main --locale C.UTF-8 >/dev/null
    # What is loaded in one transaction needs no log, which every backup of the machine would carry along.
    log='-c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=4GB -c min_wal_size=32MB'
    pg_ctlcluster "$1" main start -- -o "-c listen_addresses= -c fsync=off -c full_page_writes=off $log"
}

start_mariadb() {
    install -d -o mysql -g mysql /run/mysqld
    as_mysql mariadbd --skip-networking --innodb-flush-log-at-trx-commit=0 2>/var/log/lab-mariadb.log &
    tries=0
    until mariadb-admin --silent ping >/dev/null 2>&1; do
        tries=$((tries + 1)) && [ "$tries" -lt 300 ] && sleep 0.1
    done
}

stop_all() {
    mariadb-admin shutdown
    pg_ctlcluster "$1" main stop
    wait
    sync -f /var/lib/postgresql
}

fill_mariadb() { # NAME: of the pharmacy's database
    mariadb -e "CREATE DATABASE $1"
    mariadb --default-character-set=utf8mb4 "$1" <$here/pharmacy.sql
    if [ -f $here/chinook.mysql.sql ]; then mariadb --default-character-set=utf8mb4 <$here/chinook.mysql.sql; fi
}

chinook_for_postgresql() {
    if [ -f $here/chinook.postgresql.sql ]; then
        as_postgres createdb --owner "$1" chinook
        load -d chinook -f $here/chinook.postgresql.sql
    fi
}

make_agenda() {
    install -d -o daemon -g daemon -m 750 /srv/agenda
    setpriv --reuid=daemon --regid=daemon --clear-groups sqlite3 /srv/agenda/agenda.sqlite <$here/agenda.sql
    if [ -f $here/chinook.sqlite ]; then install -o daemon -g daemon -m 640 $here/chinook.sqlite /srv/agenda/; fi
}

give_to_web_server() { # FOLDER
    chown -R www-data:www-data "$1"
    chmod -R u=rwX,g=rX,o= "$1"
}
