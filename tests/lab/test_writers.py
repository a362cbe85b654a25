"""The writers' door: a machine fills its own quota and takes its own share, and the others go on."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from breakages import changed, drop_in
from hospital import SERVED_ANEW, Site

from tests.door_floods import ALLOWED, ENDED, OF_AN_ADDRESS, OPEN, STOP, flood, held

pytestmark = pytest.mark.lab

URL = "/etc/seawall/credentials/primary.url"
CONF = "/etc/seawall-writers/nginx.conf"
UNIT = "seawall-writer-his1.service"
SERVE = "/usr/bin/seawall repository serve his1 --folder /srv/seawall --accounts %%d/accounts"
COUNTED = "find /srv/seawall/his1 -type f -printf '%s\\n' | awk '{ n += $1 > 16384 ? $1 : 16384 } END { print n }'"
LARGE = "/srv/his/documents/large.bin"
LARGE_ONES = "print([status(begun('POST', f'data/{name(n)}', 1_000_000, bytes(1_000_000))) for n in range(9)])"
LIMITS = ("Slice", "CPUWeight", "IOWeight", "MemoryHigh", "MemoryMax", "TasksMax")


def asked(site: Site, host: str, script: str) -> list[int]:
    """Run a script on a machine; return the numbers that it printed."""
    done = site.on(host, f"python3 - <<'END'\n{script}\nEND", ok=range(1))
    return list(json.loads(done.stdout))


@contextmanager
def hurt(site: Site, host: str, scripts: tuple[str, str]) -> Iterator[None]:
    """Change a machine for a block."""
    site.on(host, scripts[0], ok=range(1))
    try:
        yield
    finally:
        site.on(host, scripts[1], ok=range(1))


def test_a_full_quota_is_told_and_hinders_nobody_else(site: Site) -> None:
    site.given("his1", "backup documents")
    used = int(site.on("backup1", COUNTED, ok=range(1)).stdout)
    limited = ("ExecStart=", f"ExecStart={SERVE} --quota {used + (20 << 20)}")
    new = (f"head -c 60000000 /dev/urandom >{LARGE}; chown www-data: {LARGE}", f"rm {LARGE}")
    small = drop_in(UNIT, "Service", *limited, start=SERVED_ANEW)
    with hurt(site, "backup1", small), hurt(site, "his1", new), ThreadPoolExecutor() as pool:
        other = pool.submit(site.on, "lis1", "seawall backup lis")
        full = site.on("his1", "seawall backup documents")
        assert full.code == 1
        assert "this machine's quota there" in full.stdout
        assert "raise the machine's quota in the policy" in full.stdout
        assert int(site.on("backup1", COUNTED).stdout) <= used + (20 << 20)
        done = other.result()
        assert done.code == 0, done.stdout
        back = "f=$(find /srv/his/documents -type f ! -name large.bin | sort | head -n 1)"
        back += '; seawall restore documents --to /run/back --only "$f"; cmp "$f" "/run/back/files$f"; rm -r /run/back'
        restored = site.on("his1", f"set -e; {back}")
        assert restored.code == 0, restored.stdout + restored.stderr
    again = site.on("his1", "seawall backup documents")
    assert again.code == 0, again.stdout
    assert not site.on("backup1", "find /srv/seawall/his1 -name '*.rest-server-temp*' -size 0").stdout


def test_a_machine_that_floods_the_door_holds_up_nobody(site: Site) -> None:
    """With more at once than it may have; what another asks is answered, and nothing of it is refused."""
    with hurt(site, "lis1", (flood(ALLOWED + 8), STOP)):
        before = int(site.on("lis1", ENDED, ok=range(1)).stdout)
        assert asked(site, "his1", OPEN + LARGE_ONES) == [400] * 9
        done = site.on("his1", "seawall backup documents")
        assert done.code == 0, done.stdout
        assert int(site.on("lis1", ENDED, ok=range(1)).stdout) > before
        assert site.on("lis1", "systemctl is-active flood").code == 0
    left = "find /srv/seawall/lis1/data -size +8000k -newer /etc/seawall-writers"
    assert site.on("backup1", f"timeout 60 sh -c 'while {left} | grep -q .; do sleep 0.1; done'").code == 0


def test_no_running_server_weighs_more_than_another(site: Site) -> None:
    """What systemd holds them to, in one slice: a computer with the older control groups has no weights to look at."""
    words = " ".join(f"--property={name}" for name in LIMITS)
    shown = [
        site.on("backup1", f"systemctl show {words} seawall-writer-{host}", ok=range(1)) for host in ("his1", "lis1")
    ]
    one, other = (dict(line.split("=", 1) for line in done.stdout.splitlines()) for done in shown)
    assert one == other
    assert one.keys() == {*LIMITS}
    assert one["Slice"] == "seawall-writer.slice"
    assert all(one[name].isdigit() for name in LIMITS[1:])


def test_an_account_has_so_many_uploads_at_once_and_no_more(site: Site) -> None:
    answers = asked(site, "lis1", held(ALLOWED + 8, 8))
    assert (answers.count(429), answers.count(0)) == (8, ALLOWED)


def test_who_guesses_another_machines_password_takes_little_of_its_server(site: Site) -> None:
    """That server stands still meanwhile, so that each guess waits there; the machine itself is not refused."""
    guessed = "url, account = url._replace(path='/his1/'), base64.b64encode(f'his1:{number}'.encode()).decode()"
    stands = ("systemctl kill --signal=STOP {}", "systemctl kill --signal=CONT {}")
    with hurt(site, "backup1", (stands[0].format(UNIT), stands[1].format(UNIT))), ThreadPoolExecutor() as pool:
        answers = asked(site, "lis1", held(OF_AN_ADDRESS + 8, 8, guessed))
        assert (answers.count(429), answers.count(0)) == (8, OF_AN_ADDRESS)
        own = pool.submit(asked, site, "his1", OPEN + LARGE_ONES)
        site.on("backup1", stands[1].format(UNIT), ok=range(1))
        assert own.result() == [400] * 9


def test_an_account_has_no_second_share_by_another_password_that_is_the_same_to_bcrypt(site: Site) -> None:
    """rest-server looks at 72 bytes of a password, and goes round in it; what comes behind may be anything."""
    tried = """
word = url.password
tries = [word, *(f"{word}\\0{word}{n:032}" for n in range(3))]
answers = []
for word in tries:
    account = base64.b64encode(f"{url.username}:{word}".encode()).decode()
    answers.append(status(begun("GET", "keys/", 0)))
print(answers)
"""
    assert asked(site, "lis1", OPEN + tried) == [200, 401, 401, 401]


def test_small_uploads_are_held_back_and_large_ones_are_not(site: Site) -> None:
    """With other numbers than the role's, for those would take a minute."""
    few = changed(
        CONF,
        "sed -i -e 's|rate=10r/s|rate=1r/m|' -e 's|burst=2000 delay=1000|burst=3 nodelay|' {}",
        "systemctl restart seawall-writers; until ss -Htln | grep -q :8000; do sleep 0.1; done",
    )
    small = "print([status(begun('POST', f'locks/{name(n)}', 1, b'x')) for n in range(9)])"
    with hurt(site, "backup1", few):
        assert asked(site, "lis1", OPEN + small) == [400] * 4 + [429] * 5
        assert asked(site, "lis1", OPEN + LARGE_ONES) == [400] * 9


def test_what_nobody_counts_is_not_taken(site: Site) -> None:
    tried = """
print([status(begun("POST", path, length, bytes(length)))
       for path, length in (("config", 9000), ("more/config", 1), ("more/?create=true", 0), ("more/data/", 0))])
"""
    assert asked(site, "lis1", OPEN + tried) == [413, 403, 403, 403]


# As version 0.1.0 left a backup host: one server for all, at the port that the door has now.
BEFORE = """
systemctl disable --quiet --now seawall-writers.service seawall-writer-{his1,lis1}.{socket,service}
rm -r /etc/seawall-writers /etc/systemd/system/seawall-writer*
printf '[Service]\\nExecStart=/usr/bin/restic-rest-server --path /srv/seawall --listen :8000 --no-auth\\n\
User=restic-rest-server\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/seawall-repositories.service
install -m 0640 -g restic-rest-server /dev/null /etc/restic-rest-server/users.htpasswd
systemctl daemon-reload
systemctl enable --quiet --now seawall-repositories.service
"""


def test_a_backup_host_of_the_version_before_gets_the_new_door_and_keeps_its_repositories(site: Site) -> None:
    kept = "cd /srv/seawall && find . -path ./.aside -prune -o -type f ! -path '*/locks/*' -print | sort | sha256sum"
    before = site.on("backup1", f"{BEFORE}{kept}", ok=range(1)).stdout
    site.ansible("site.yml", "--limit", "backup1", "--tags", "backup_host")
    assert site.on("backup1", kept).stdout == before
    gone = "ls /etc/systemd/system/seawall-repositories.service /etc/restic-rest-server/users.htpasswd"
    assert site.on("backup1", gone).stdout == ""
    assert site.on("backup1", "systemctl is-active seawall-repositories").code != 0
    active = f"systemctl is-active seawall-writers {UNIT} seawall-writer-his1.socket seawall-writer-lis1"
    assert site.on("backup1", active).code == 0
    assert site.on("his1", "seawall backup documents").code == 0
