#!/bin/bash
# A careful administrator's backup of the same database by hand: the same acts as Seawall's, without its checks and records.
# Usage: by_hand.sh FOLDER-WITH-SECRETS QUERIES [pipe]; with `pipe` only the dump into the repository.
set -euo pipefail
secrets=$1 queries=$2 only=${3:-}
connection="host=/var/run/postgresql user=seawall_dump dbname=his"
restic=(restic --repository-file "$secrets/primary.url" --password-file "$secrets/primary.password"
  --cacert "$secrets/ca.pem" --cache-dir /var/cache/seawall --json)
tag=(--tag by-hand --host by-hand)
dump=(pg_dump --no-password --format=custom --compress=0 --dbname="$connection")

if [ "$only" = pipe ]; then
  "${restic[@]}" backup --stdin-from-command --stdin-filename database.dump "${tag[@]}" -- "${dump[@]}" >/dev/null
  exit
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
coproc session { psql -XAtq --no-password --set=ON_ERROR_STOP=1 --dbname="$connection"; }
{
  echo "set search_path = '';"
  echo "begin transaction isolation level repeatable read, read only;"
  echo "select pg_catalog.pg_export_snapshot();"
} >&"${session[1]}"
read -r snapshot <&"${session[0]}"
"${restic[@]}" backup --stdin-from-command --stdin-filename database.dump "${tag[@]}" -- \
  "${dump[@]}" --snapshot="$snapshot" >/dev/null &
copying=$!
{
  cat "$queries"
  echo '\echo end'
} >&"${session[1]}"
while read -r line && [ "$line" != end ]; do printf '%s\n' "$line"; done <&"${session[0]}" >"$scratch/manifest.json"
wait "$copying"
pg_dumpall --no-password --globals-only --dbname="$connection" >"$scratch/globals.sql"
"${restic[@]}" backup "${tag[@]}" -- "$scratch" >/dev/null
"${restic[@]}" snapshots --tag by-hand --latest 1 >/dev/null
