#!/bin/bash
# The same acts by hand on the benchmark's data: dump and count in one instant, the files, a manifest, and a look back.
# Usage: large_by_hand.sh [compressed]; with `compressed` only a dump as pg_dump compresses it. Prints the bytes added.
set -euo pipefail
place=/srv/bench/hand
restic=(restic --repository-file $place/primary.url --password-file $place/primary.password --cacert $place/ca.pem
  --cache-dir $place/cache --json)
connection="host=/var/run/postgresql user=seawall_dump dbname=bench"
added() { grep -o '"data_added_packed":[0-9]*' | cut -d: -f2; }
if [ "${1:-}" = compressed ]; then
  "${restic[@]}" backup --stdin-from-command --stdin-filename compressed.dump -- \
    pg_dump --no-password --format=custom --dbname="$connection" | added
  exit
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
coproc session { psql -XAtq --no-password --set=ON_ERROR_STOP=1 --dbname="$connection"; }
echo "begin transaction isolation level repeatable read, read only; select pg_export_snapshot();" >&"${session[1]}"
read -r snapshot <&"${session[0]}"
"${restic[@]}" backup --stdin-from-command --stdin-filename database.dump -- \
  pg_dump --no-password --format=custom --compress=0 --dbname="$connection" --snapshot="$snapshot" >/dev/null &
copying=$!
for table in accounts branches tellers history; do echo "select count(*) from pgbench_$table;"; done >&"${session[1]}"
echo '\echo end' >&"${session[1]}"
while read -r line && [ "$line" != end ]; do echo "$line"; done <&"${session[0]}" >"$scratch/manifest"
wait "$copying"
pg_dumpall --no-password --globals-only --dbname="$connection" >"$scratch/globals.sql"
"${restic[@]}" backup /srv/bench/files >/dev/null
find /srv/bench/files -type f | shuf -n 64 | xargs sha256sum >>"$scratch/manifest"
"${restic[@]}" ls latest /srv/bench/files >/dev/null
"${restic[@]}" backup -- "$scratch" >/dev/null
"${restic[@]}" snapshots --latest 1 >/dev/null
