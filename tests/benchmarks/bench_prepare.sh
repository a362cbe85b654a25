#!/bin/sh
# Run on his1 as root: a database of pgbench with text that compresses as text does, small files, files of holes, borgmatic, and
# three fresh repositories: one for Seawall, one for the same acts by hand, one for borgmatic (on its own disk).
# SCALE: of pgbench. FILES: how many small files, of at most WORDS words. HOLES: how many files of 10 GB that take no room.
set -eu
export SCALE=${SCALE:-50} FILES=${FILES:-20000} HOLES=${HOLES:-0} WORDS=${WORDS:-900}
place=/srv/bench
cd /
rm -rf $place
install -d -m 755 $place $place/files $place/hand $place/borg $place/root
as_postgres() { runuser -u postgres -- "$@"; }

export DEBIAN_FRONTEND=noninteractive
command -v borgmatic >/dev/null || apt-get -qq install --no-install-recommends borgmatic borgbackup >/dev/null
as_postgres dropdb --if-exists --force bench
as_postgres createdb bench
as_postgres /usr/lib/postgresql/15/bin/pgbench -i -q -s $SCALE -I dtgp bench 2>/dev/null
as_postgres psql -Xq -v ON_ERROR_STOP=1 bench <<'SQL'
set synchronous_commit = off;
alter table pgbench_accounts alter filler type text using md5(aid::text) || md5((aid * 7)::text);
analyze;
SQL
python3 - <<'END'
import os, pathlib, random
chance, words_at_most = random.Random(20261122), int(os.environ["WORDS"])
words = "laudo exame paciente alta retorno krev rána leito dose 患者 控制 sinais vitais estáveis".split()
for number in range(int(os.environ["FILES"])):
    folder = pathlib.Path("/srv/bench/files", f"{number // 500:02d}")
    folder.mkdir(exist_ok=True)
    text = " ".join(chance.choice(words) + str(chance.randrange(999)) for _ in range(chance.randrange(words_at_most // 9, words_at_most)))
    (folder / f"{number:05d}.txt").write_text(text)
for number in range(int(os.environ["HOLES"])):
    with open(f"/srv/bench/files/{number}.holes", "wb") as file:
        file.truncate(10_000_000_000)
END
# Secrets of its own, as a unit would get them: the same account, repositories below its own.
for who in root hand; do
    folder=$place/$who
    [ $who = root ] && folder=$place/root/etc/seawall/credentials && install -d $folder $place/root/var/lib/seawall/ledger \
        $place/root/var/cache/seawall $place/root/run/seawall
    sed "s|/his1/|/his1/bench-$who-$$/|" /etc/seawall/credentials/primary.url >$folder/primary.url
    cp /etc/seawall/credentials/primary.password /etc/seawall/credentials/ca.pem $folder/
    restic --repository-file $folder/primary.url --password-file $folder/primary.password --cacert $folder/ca.pem \
        --no-cache -q init
done
ssh-keygen -q -t ed25519 -N "" -f $place/root/etc/seawall/credentials/ledger.key
python3 - <<'END'
import json, pathlib
policy = json.loads(pathlib.Path("/etc/seawall/policy.json").read_text())
asset = policy["assets"]["his"] | {"copies": {}, "drill": None}
asset["sources"] = {
    "database": {"kind": "postgresql", "options": {"database": "bench"}},
    "files": {"kind": "files", "options": {"paths": ["/srv/bench/files"]}},
}
del asset["drill"]
policy |= {"assets": {"bench": asset}, "drills": {}, "checks": {}}
pathlib.Path("/srv/bench/root/etc/seawall/policy.json").write_text(json.dumps(policy))
END
cat >$place/borgmatic.yaml <<'END'
location:
    source_directories: [/srv/bench/files]
    repositories: [/srv/bench/borg/repository]
storage:
    encryption_passphrase: made for the benchmark
    compression: zstd
    relocated_repo_access_is_ok: true
hooks:
    postgresql_databases:
        - name: bench
          username: seawall_dump
          format: custom
END
chown -R seawall: $place
chmod 700 $place/root $place/hand
runuser -u seawall -- env HOME=$place/borg borgmatic -c $place/borgmatic.yaml init -e repokey-blake2 >/dev/null 2>&1
