#!/bin/bash
# A machine brought back by hand on the drill host: its files restored into memory, then booted as it is, without network.
# Usage: machine_by_hand.sh SET CREDENTIAL, the latter a path without .url and .password; prints nothing, ends when the machine says that its boot is over.
set -euo pipefail
set=$1 credential=$2
room=/var/lib/seawall/drills/by-hand
mkdir -p "$room"
mount -t tmpfs -o mode=0700,size=75% by-hand "$room"
trap 'kill -KILL "${leader:-}" 2>/dev/null || true; wait; umount --lazy "$room"; rmdir "$room"' EXIT
restic=(restic --repository-file "$credential.url" --password-file "$credential.password" --cacert /etc/seawall/credentials/ca.pem
  --no-lock --quiet)
"${restic[@]}" restore latest --tag "seawall-set=$set,seawall-part=tree" --target "$room/root"
"${restic[@]}" restore latest --tag "seawall-set=$set,seawall-part=tree.log" --target "$room/root"
"${restic[@]}" restore latest --tag "seawall-set=$set,seawall-part=images" --target "$room/root"
chmod 755 "$room/root"
systemd-nspawn --quiet --register=no --keep-unit --settings=no --boot --private-network --console=read-only \
  --directory="$room/root" systemd.mask=mariadb.service systemd.mask=lab-address.service </dev/null >/dev/null 2>&1 &
nspawn=$!
until leader=$(pgrep --parent "$nspawn"); do sleep 0.1; done
inside() { nsenter --target "$leader" --all "$@" 2>/dev/null; }
until [[ $(inside systemctl is-system-running) =~ running|degraded ]]; do sleep 0.2; done
