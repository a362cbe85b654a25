"""The writers' door: a machine fills its own quota and takes its own share, and the others go on."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from breakages import changed, drop_in
from hospital import SERVED_ANEW, Site

pytestmark = pytest.mark.lab

URL = "/etc/seawall/credentials/primary.url"
CONF = "/etc/seawall-writers/nginx.conf"
UNIT = "seawall-writer-his1.service"
SERVE = "/usr/bin/seawall repository serve his1 --folder /srv/seawall --accounts %%d/accounts"
COUNTED = "find /srv/seawall/his1 -type f -printf '%s\\n' | awk '{ n += $1 > 16384 ? $1 : 16384 } END { print n }'"
LARGE = "/srv/his/documents/large.bin"
# As somebody would who has the machine's account: opens the door, and says what it answers.
OPEN = """
import base64, hashlib, os, socket, ssl, sys, time
from urllib.parse import urlsplit
url = urlsplit(open("/etc/seawall/credentials/primary.url").read().strip().removeprefix("rest:"))
account = base64.b64encode(f"{url.username}:{url.password}".encode()).decode()
context = ssl.create_default_context(cafile="/etc/seawall/credentials/ca.pem")
def begun(method, path, length, body=b""):
    line = context.wrap_socket(socket.create_connection((url.hostname, url.port), 60), server_hostname=url.hostname)
    head = f"{method} {url.path}{path} HTTP/1.1\\r\\nHost: x\\r\\nAuthorization: Basic {account}\\r\\n"
    line.sendall(f"{head}Connection: close\\r\\nContent-Length: {length}\\r\\n\\r\\n".encode() + body)
    return line
def status(line):
    return int(line.recv(100).split()[1])
def name(number):
    return f"{number:064x}"
"""
# Uploads that never end well, so that nothing of them stays: their names are not those of their content.
FLOOD = f"""{OPEN}
import threading
rounds = [0]
def flood(number):
    while True:
        line = begun("POST", f"data/{{name(number)}}", 16 << 20, bytes(16 << 20))
        status(line)
        line.close()
        rounds[0] += 1
        with open("/run/flood.new", "w") as file:
            file.write(str(rounds[0]))
        os.replace("/run/flood.new", "/run/flood")
for number in range(24):
    threading.Thread(target=flood, args=[number]).start()
"""


def asked(site: Site, host: str, script: str) -> list[int]:
    """Run a script on a machine; return the statuses that it printed."""
    done = site.on(host, f"python3 - <<'END'\n{OPEN}{script}\nEND", ok=range(1))
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
    flood = f"systemd-run --quiet --unit=flood python3 -c '{FLOOD}'; until [ -e /run/flood ]; do sleep 0.1; done"
    with hurt(site, "lis1", (flood, "systemctl stop flood; rm /run/flood")):
        before = int(site.on("lis1", "cat /run/flood", ok=range(1)).stdout)
        done = site.on("his1", "seawall backup documents")
        assert done.code == 0, done.stdout
        assert int(site.on("lis1", "cat /run/flood", ok=range(1)).stdout) > before
        assert site.on("lis1", "systemctl is-active flood").code == 0
    # What had come whole is still looked at, and then refused.
    left = "find /srv/seawall/lis1/data -size +8000k -newer /etc/seawall-writers"
    gone = f"timeout 60 sh -c 'while [ -n \"$({left})\" ]; do sleep 0.1; done'"
    assert site.on("backup1", gone).code == 0, site.on("backup1", left).stdout


def test_an_account_has_so_many_uploads_at_once_and_no_more(site: Site) -> None:
    many = """
lines = [begun("POST", f"data/{name(n)}", 2_000_000, b"x") for n in range(40)]
answers, end = {}, time.monotonic() + 20
while len(answers) < 8 and time.monotonic() < end:
    for number, line in enumerate(lines):
        line.setblocking(False)
        try:
            answers[number] = answers.get(number) or status(line)
        except ssl.SSLWantReadError:
            continue  # it waits for the rest of the upload
    time.sleep(0.1)
print([answers.get(number, 0) for number in range(40)])
"""
    answers = asked(site, "lis1", many)
    assert answers.count(429) == 40 - 32
    assert answers.count(0) == 32


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
    assert asked(site, "lis1", tried) == [200, 401, 401, 401]


def test_whoever_tries_passwords_has_so_many_at_once_from_one_address(site: Site) -> None:
    """With another number than the role's, and with an account that is right: wrong ones are answered too soon."""
    few = changed(
        CONF,
        "sed -i 's|limit_conn addresses 32|limit_conn addresses 3|' {}",
        "systemctl restart seawall-writers; until ss -Htln | grep -q :8000; do sleep 0.1; done",
    )
    held = """
lines = [begun("POST", f"data/{name(n)}", 2_000_000, b"x") for n in range(3)]
end = time.monotonic() + 20
while (answer := status(begun("GET", "keys/", 0))) != 429 and time.monotonic() < end:
    continue  # the uploads may still be on their way
print([answer])
"""
    with hurt(site, "backup1", few):
        assert asked(site, "lis1", held) == [429]
    assert asked(site, "lis1", held.replace("while (", "if (").replace("continue", "pass")) == [200]


def test_small_uploads_are_held_back_and_large_ones_are_not(site: Site) -> None:
    """With other numbers than the role's, for those would take a minute."""
    few = changed(
        CONF,
        "sed -i -e 's|rate=10r/s|rate=1r/m|' -e 's|burst=2000 delay=1000|burst=3 nodelay|' {}",
        "systemctl restart seawall-writers; until ss -Htln | grep -q :8000; do sleep 0.1; done",
    )
    small = "print([status(begun('POST', f'locks/{name(n)}', 1, b'x')) for n in range(9)])"
    large = "print([status(begun('POST', f'data/{name(n)}', 1_000_000, bytes(1_000_000))) for n in range(9)])"
    with hurt(site, "backup1", few):
        assert asked(site, "lis1", small) == [400] * 4 + [429] * 5
        assert asked(site, "lis1", large) == [400] * 9


def test_what_nobody_counts_is_not_taken(site: Site) -> None:
    tried = """
print([status(begun("POST", path, length, bytes(length)))
       for path, length in (("config", 9000), ("more/config", 1), ("more/?create=true", 0), ("more/data/", 0))])
"""
    assert asked(site, "lis1", tried) == [413, 403, 403, 403]


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
