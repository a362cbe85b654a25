#!/bin/bash
# A careful administrator's restore of the same dump by hand, into a throwaway cluster in the same tree.
# Usage: drill_by_hand.sh TREE FOLDER REPOSITORY PASSWORD-FILE ROLES
set -euo pipefail
tree=$1 room=$2 repository=$3 password=$4 roles=$5
mkdir -p "$room/data" "$room/socket"
restic --repo "$repository" --password-file "$password" --no-cache --no-lock dump latest /database.dump >"$room/database.dump"
cp "$roles" "$room/globals.sql"
owner=$(stat -c %u:%g "$tree/var/lib/postgresql")
chown -R "$owner" "$room"
mount --bind "$room" "$tree/mnt"
as_postgres() { chroot --userspec="$owner" "$tree" env PGHOST=/mnt/socket PGUSER=postgres "$@"; }
bin=/usr/lib/postgresql/15/bin
as_postgres $bin/initdb --no-sync --auth=trust --encoding=UTF8 --locale=C.UTF-8 -D /mnt/data >/dev/null
as_postgres $bin/pg_ctl -D /mnt/data -w -l /mnt/log \
    -o "-c listen_addresses= -c unix_socket_directories=/mnt/socket -c fsync=off -c shared_buffers=256MB -c max_wal_size=4GB" start >/dev/null
as_postgres psql -XAtq --dbname=postgres --file=/mnt/globals.sql 2>/dev/null || true
as_postgres pg_restore --exit-on-error --jobs=2 --create --dbname=postgres /mnt/database.dump
as_postgres $bin/pg_ctl -D /mnt/data -w -m immediate stop >/dev/null
