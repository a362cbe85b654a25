"""SSH, clock and accounts hardened on machines of both releases: told, refused, applied, broken, undone.

The machines are as they were before when it ends.
"""

from collections.abc import Iterator

import pytest
from hardening_lab import HOSTS, LIMIT, hardened_by, verified
from hospital import Site, changes

pytestmark = pytest.mark.lab
PARTS = {
    "ssh": {"idle": "10min"},
    "time": {"sources": ["127.0.0.2", "127.0.0.3"]},
    "accounts": {"service_accounts": ["courier"]},
}
SUBJECTS = ("ssh", "time", "passwords")
CHECKS = 14  # host checks of these subjects

# People, and a program's account. And a clock that may not be set: a container's is its host's.
FURNISHED = r"""
set -e
for name in jana courier; do useradd --create-home --shell /bin/bash "$name"; done
printf 'jana:Krtek-Veverka-7\ncourier:Krtek-Veverka-8\n' | chpasswd
mkdir -p /etc/systemd/system/chrony.service.d
cat >/etc/systemd/system/chrony.service.d/lab.conf <<'UNIT'
[Unit]
ConditionCapability=
[Service]
ExecStart=
ExecStart=!/usr/sbin/chronyd -x $DAEMON_OPTS
UNIT
systemctl daemon-reload
"""
# The site's clocks, which the policy names, on addresses of the machine itself.
CLOCKS = r"""
set -e
for last in 2 3; do
  cat >"/run/clock$last.conf" <<CLOCK
local stratum 8
bindaddress 127.0.0.$last
allow all
cmdport 0
bindcmdaddress /
pidfile /run/clock$last.pid
CLOCK
  systemd-run --quiet --unit "clock$last" chronyd -x -d -f "/run/clock$last.conf"
done
systemctl restart chrony
"""
ANSWERED = r"""
timeout 60 sh -c 'until [ "$(chronyc -c -N sources | grep -Ec ",[1-9][0-7]*(,[^,]*){4}$")" = 2 ]; do sleep 0.2; done'
"""
STOPPED = "systemctl stop clock2 clock3; rm -f /run/clock?.conf; systemctl daemon-reload"
UNFURNISHED = "userdel -r jana; userdel -r courier; rm -r /etc/systemd/system/chrony.service.d; systemctl daemon-reload"
# All of a machine that hardening may change; systemctl takes away empty folders of links when it disables something.
STANDS = r"""
dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\n' | grep -v not-installed
apt-mark showauto
pruned() { find /etc /usr/share/pam-configs \( -name '*-' -o -name .pwd.lock -o -name ld.so.cache \) -prune -o "$@"; }
pruned -not -name '*.wants' -printf '%p %y %m %u %g %l\n' | sort
pruned -type f -exec sha256sum {} + | sort -k 2
systemctl list-unit-files --no-legend | sort
systemctl is-active chrony systemd-timesyncd ssh
sshd -T
"""
SHORT = r"printf 'Krtek-Veverka-7\nAb1xyz\nAb1xyz\n' | runuser -u jana -- passwd"

# How each machine is broken, and what a host check then says.
BROKEN = {
    "his1": r"""
set -e
echo 'PasswordAuthentication yes' >/etc/ssh/sshd_config.d/00-seawall.conf
rm /etc/profile.d/seawall-idle.sh /etc/security/pwquality.conf.d/seawall.conf
systemctl reload ssh
chage -M 99999 jana
echo 'server 127.0.0.9' >>/etc/chrony/chrony.conf
systemctl restart chrony
""",
    "backup1": r"""
set -e
sed -i 's/^PermitRootLogin .*/PermitRootLogin yes/' /etc/ssh/sshd_config.d/00-seawall.conf
systemctl reload ssh
systemctl stop chrony
sed -i 's/^PASS_MAX_DAYS.*/PASS_MAX_DAYS 99999/' /etc/login.defs
cp -p /etc/pam.d/common-password /run/common-password
sed -i /pam_pwhistory/d /etc/pam.d/common-password
usermod -U courier
rm /etc/sudoers.d/seawall
""",
}
MENDED = {"backup1": "cp -p /run/common-password /etc/pam.d/ && rm /run/common-password"}
FOUND = {
    ("his1", "ssh lets in by the means of the policy"): "anybody may try",
    ("his1", "ssh offers nothing out of date"): "sshd offers",
    ("his1", "ssh ends idle sessions"): "no idle session",
    ("his1", "passwords of people end"): "jana (99999)",
    ("his1", "idle shells end"): "no s, not 900",
    ("his1", "new passwords are long and mixed"): "8 characters only",
    ("his1", "the clock asks the sources of the policy"): "127.0.0.9, which the policy does not name",
    ("backup1", "ssh lets root in as the policy says"): "PermitRootLogin is yes",
    ("backup1", "chrony alone sets the clock"): "chrony is inactive",
    ("backup1", "the clock asks the sources of the policy"): "does not ask 127.0.0.2, 127.0.0.3",
    ("backup1", "two clocks answer"): "0 of the sources answered",
    ("backup1", "new passwords end"): "after 99999 days, not 60",
    ("backup1", "passwords of before are refused"): "remembers no passwords",
    ("backup1", "services are let in by a key alone"): "courier has a password",
    ("backup1", "sudo is logged"): "no log of its own",
}


@pytest.fixture(scope="module")
def hardened(fresh: Site) -> Iterator[Site]:
    """The machines with people on them and a policy that hardens; in the end nothing of it is left."""
    for host in HOSTS:
        done(fresh, host, FURNISHED)
    try:
        with hardened_by(fresh, PARTS):
            yield fresh
    finally:
        for host in HOSTS:
            fresh.on(host, STOPPED)
        fresh.ansible("unharden.yml", *LIMIT)
        for host in HOSTS:
            fresh.on(host, UNFURNISHED)


@pytest.fixture(scope="module")
def stood(hardened: Site) -> dict[str, str]:
    """What stood on each machine before."""
    return stands(hardened)


def stands(site: Site) -> dict[str, str]:
    return {host: site.on(host, STANDS).stdout for host in HOSTS}


def done(site: Site, host: str, command: str) -> None:
    """Run a command on a machine that must succeed."""
    told = site.on(host, command)
    assert told.code == 0, told.stdout + told.stderr


def test_check_mode_tells_and_touches_nothing(hardened: Site, stood: dict[str, str]) -> None:
    told = hardened.ansible("harden.yml", "--check", "--diff", *LIMIT)
    assert all(changes(told.stdout)[host] > 0 for host in HOSTS)
    for word in ("package chrony: not-installed", "+PasswordAuthentication no", "+PASS_MAX_DAYS\t60"):
        assert word in told.stdout, word
    assert stands(hardened) == stood


def test_what_would_lock_ansible_out_is_refused(hardened: Site, stood: dict[str, str]) -> None:
    with hardened_by(hardened, {"ssh": {"root": "no"}}):
        told = hardened.ansible("harden.yml", *LIMIT, ok=range(1, 256))
    assert told.stdout.count("the policy would lock root out") >= len(HOSTS)
    assert stands(hardened) == stood


def test_hardened_machines_are_as_the_policy_wants(hardened: Site, stood: dict[str, str]) -> None:
    told = hardened.ansible("harden.yml", *LIMIT)
    assert all(changes(told.stdout)[host] > 0 for host in HOSTS)
    for host in HOSTS:
        done(hardened, host, CLOCKS + ANSWERED)
        assert hardened.on(host, SHORT).code != 0
    assert verified(hardened, SUBJECTS, CHECKS) == {}


def test_a_second_run_changes_nothing(hardened: Site, stood: dict[str, str]) -> None:
    told = hardened.ansible("harden.yml", *LIMIT)
    assert changes(told.stdout) == dict.fromkeys(HOSTS, 0)


def test_what_is_broken_is_found(hardened: Site, stood: dict[str, str]) -> None:
    for host, ways in BROKEN.items():
        done(hardened, host, ways)
    try:
        found = verified(hardened, SUBJECTS, CHECKS)
    finally:
        for host, mended in MENDED.items():
            done(hardened, host, mended)
    for check, word in FOUND.items():
        assert word in found.get(check, "passes"), check


def test_undoing_brings_back_what_stood(hardened: Site, stood: dict[str, str]) -> None:
    """Of broken machines, too; what stood in their files at that moment is kept."""
    for host in HOSTS:
        done(hardened, host, STOPPED)
    told = hardened.ansible("unharden.yml", *LIMIT)
    assert all(changes(told.stdout)[host] > 0 for host in HOSTS)
    now = stands(hardened)
    for host in HOSTS:
        assert now[host] == stood[host]
    assert hardened.on("backup1", "ls -A /var/lib/seawall-hardening").stdout.split() == ["aside"]
    assert "99999" in hardened.on("backup1", "cat /var/lib/seawall-hardening/aside/accounts/etc/login.defs").stdout
