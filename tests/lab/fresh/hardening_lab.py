"""What the test of hardened machines does to them: people and clocks on them, what stands, how they are broken."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import yaml
from hospital import Site

HOSTS = ("his1", "backup1")  # Debian 12 and 13
LIMIT = ("--limit", ",".join(HOSTS))
SUBJECTS = ("ssh", "time", "passwords", "firewall", "audit", "usb_storage", "antivirus", "updates", "logs")
CHECKS = 33  # host checks of these subjects

# People, and a program's account. A clock that may not be set: a container's is its host's. And no updates in between.
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
for name in apt-daily apt-daily-upgrade; do
  mkdir -p "/etc/systemd/system/$name.service.d"
  printf '[Unit]\nConditionPathExists=/nowhere\n' >"/etc/systemd/system/$name.service.d/lab.conf"
done
systemctl daemon-reload
"""
UNFURNISHED = r"""
userdel -r jana
userdel -r courier
rm -rf /etc/systemd/system/chrony.service.d /etc/systemd/system/apt-daily.service.d
rm -rf /etc/systemd/system/apt-daily-upgrade.service.d /var/lib/clamav /var/log/clamav /var/log/seawall-antivirus
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
# What everybody's antivirus finds, in two parts, so that none finds it here.
EICAR = r"""
eicar() { printf '%s%s' 'X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-' 'ANTIVIRUS-TEST-FILE!$H+H*'; }
"""
# The site's mirror, which is asked for signatures and has none; one of the lab's own; a head as those of ClamAV have.
SIGNED = (
    EICAR
    + r"""
set -e
mkdir -p /run/mirror
systemd-run --quiet --unit mirror python3 -m http.server --bind 127.0.0.4 --directory /run/mirror 8099
systemctl restart clamav-freshclam
timeout 60 sh -c 'until journalctl -q -u mirror | grep -q "GET /clamav/daily"; do sleep 0.2; done'
echo 44d88612fea8a8f36de82e1278abb02f:68:Eicar-Lab >/var/lib/clamav/lab.hdb
mkdir -p /srv/left.out
eicar >/srv/left.out/letter.pdf
systemctl start seawall-antivirus
"""
)
HEAD = r"""
printf 'ClamAV-VDB:%s:1:1:90:x:x:lab:0' "$(LC_ALL=C date -u -d '{} days ago' '+%d %b %Y %H-%M +0000')" \
  >/var/lib/clamav/daily.cvd
"""
# What is found is told, to root alone by its name, and stays where it is.
INFECTED = (
    EICAR
    + r"""
set -e
rm /var/lib/clamav/daily.cvd
eicar >/srv/letter.pdf
systemctl start seawall-antivirus && exit 9
grep -q 'letter.pdf: Eicar-Lab' /var/log/seawall-antivirus/scan.log
grep -q letter /var/log/seawall-antivirus/summary && exit 9
test "$(stat -c %a /var/log/seawall-antivirus/scan.log)" = 600
test -s /srv/letter.pdf
"""
)
STOPPED = (
    "systemctl stop clock2 clock3 mirror; rm -rf /run/clock?.conf /run/mirror /srv/left.out; systemctl daemon-reload"
)
# All of a machine that hardening may change; systemctl takes away empty folders of links when it disables something.
STANDS = r"""
dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\n' | grep -v not-installed
apt-mark showauto
pruned() {
  find /etc /usr/local /usr/share/pam-configs \
    \( -name '*-' -o -name .pwd.lock -o -name ld.so.cache \) -prune -o "$@"
}
pruned -not -name '*.wants' -printf '%p %y %m %u %g %l\n' | sort
pruned -type f -exec sha256sum {} + | sort -k 2
systemctl list-unit-files --no-legend | sort
systemctl is-active chrony systemd-timesyncd ssh
sshd -T
"""

# How each machine is broken, and what each host check then says.
BROKEN = {
    "his1": r"""
set -e
echo 'PasswordAuthentication yes' >/etc/ssh/sshd_config.d/00-seawall.conf
rm /etc/profile.d/seawall-idle.sh /etc/security/pwquality.conf.d/seawall.conf
systemctl reload ssh
chage -M 99999 jana
echo 'server 127.0.0.9' >>/etc/chrony/chrony.conf
systemctl restart chrony
nft delete table inet seawall
systemctl -q disable seawall-firewall
sed -i /authorized/d /etc/udev/rules.d/99-seawall-usb-storage.rules
sed -i 's/Lists "1"/Lists "0"/' /etc/apt/apt.conf.d/99seawall-updates
echo 'Dir::Log::History "";' >>/etc/apt/apt.conf.d/99seawall-updates
echo 'deb http://elsewhere.example/debian stable main' >/etc/apt/sources.list.d/lab.list
sed -i 's/^Storage=.*/Storage=volatile/' /etc/systemd/journald.conf.d/99-seawall.conf
"""
    + INFECTED
    + HEAD.format(9),
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
nft insert rule inet seawall input tcp dport 23 accept
rm /etc/modprobe.d/seawall-usb-storage.conf
sed -i /passwd/d /etc/audit/rules.d/50-seawall.rules
sed -i /^#clear/d /etc/apt/apt.conf.d/99seawall-updates
sed -i '/^SystemMaxUse/d' /etc/systemd/journald.conf.d/99-seawall.conf
sed -i 's/rotate [0-9]*/rotate 1/' /etc/logrotate.d/apt
systemctl disable -q --now seawall-antivirus.timer
sed -i 's/^PrivateMirror.*/DatabaseMirror elsewhere.example/' /etc/clamav/freshclam.conf
""",
}
# What a run of the playbook leaves alone: what was changed by hand in Debian's own files, and what others put there.
BY_HAND = {
    "his1": "set -e\nrm /etc/apt/sources.list.d/lab.list /srv/letter.pdf /var/lib/clamav/daily.cvd\n"
    "systemctl start seawall-antivirus\n" + HEAD.format(1),
    "backup1": "cp -p /run/common-password /etc/pam.d/ && rm /run/common-password",
}
FOUND = {
    ("his1", "ssh lets in by the means of the policy"): "anybody may try",
    ("his1", "ssh offers nothing out of date"): "sshd offers",
    ("his1", "ssh ends idle sessions"): "no idle session",
    ("his1", "passwords of people end"): "jana (99999)",
    ("his1", "idle shells end"): "no s, not 900",
    ("his1", "new passwords are long and mixed"): "8 characters only",
    ("his1", "the clock asks the sources of the policy"): "127.0.0.9, which the policy does not name",
    ("his1", "the firewall refuses what no rule takes"): "nothing is refused",
    ("his1", "the firewall takes what the policy says"): "is not loaded",
    ("his1", "the firewall is loaded by every boot"): "is disabled",
    ("his1", "disks that the policy does not list are cut off"): "udev cuts off nothing",
    ("his1", "the last scan found nothing"): "infected files: 1",
    ("his1", "signatures are new"): "9 days old",
    ("his1", "the lists of packages are fetched every day"): "not fetched every day",
    ("his1", "packages come from the servers of the policy"): "elsewhere.example",
    ("his1", "every update is written down"): "no history",
    ("his1", "the journal is kept on the disk"): "Storage is volatile",
    ("backup1", "ssh lets root in as the policy says"): "PermitRootLogin is yes",
    ("backup1", "chrony alone sets the clock"): "chrony is inactive",
    ("backup1", "the clock asks the sources of the policy"): "does not ask 127.0.0.2, 127.0.0.3",
    ("backup1", "two clocks answer"): "0 of the sources answered",
    ("backup1", "passwords of people end"): "courier (99999)",
    ("backup1", "new passwords end"): "after 99999 days, not 60",
    ("backup1", "passwords of before are refused"): "remembers no passwords",
    ("backup1", "services are let in by a key alone"): "courier has a password",
    ("backup1", "sudo is logged"): "no log of its own",
    ("backup1", "the firewall takes what the policy says"): "rules that the policy does not know let in",
    ("backup1", "the kernel takes no disk at a usb port"): "are never loaded",
    ("backup1", "the rules are written"): "50-seawall.rules lacks",
    ("backup1", "signatures come from where the policy says"): "freshclam asks elsewhere.example",
    ("backup1", "scans are due and look at all folders"): "no timer scans",
    ("backup1", "updates are installed as the policy says"): "origin=Debian",
    ("backup1", "the journal leaves room on the disk"): "SystemMaxUse is not said",
    ("backup1", "text logs are kept as long"): "apt (28 days)",
}
# Whether a clock that was just asked anew has answered yet is its own affair.
MAYBE = {("his1", "two clocks answer")}
# What says no, at the least, while a machine is as Debian made it.
BARE = {
    "passwords of people end",
    "the firewall refuses what no rule takes",
    "the journal is kept on the disk",
    "the last scan found nothing",
    "the lists of packages are fetched every day",
    "the rules are written",
    "scans are due and look at all folders",
    "signatures are new",
    "text logs are kept as long",
    "two clocks answer",
}
# A container's kernel records nothing for it, and that is told, never passed over.
UNKNOWN = {(host, name) for host in HOSTS for name in ("acts are recorded", "no record was lost")}


@contextmanager
def hardened_by(site: Site, parts: Mapping[str, Any]) -> Iterator[None]:
    """Have the policy want these parts of hardening on every machine, for a block."""
    policy = site.lab.inventory / "group_vars/all/policy.yml"
    before = policy.read_text("utf-8")
    changed = yaml.safe_load(before)
    changed["policy__all"]["hardening"] = dict(parts)
    policy.write_text(yaml.safe_dump(changed, allow_unicode=True), "utf-8")
    try:
        yield
    finally:
        policy.write_text(before, "utf-8")


def verified(site: Site, subjects: Collection[str] = SUBJECTS) -> dict[tuple[str, str], str]:
    """Return what the host checks of some subjects say that does not pass."""
    done = site.seawall("verify", "-i", site.lab.inventory, "--json")
    assert done.stdout, done.stderr
    machines = json.loads(done.stdout)["machines"]
    checks = [(host, check) for host in HOSTS for check in machines[host]["checks"] if check["subject"] in SUBJECTS]
    assert len(checks) == len(HOSTS) * CHECKS
    return {
        (host, check["name"]): check["message"]
        for host, check in checks
        if check["verdict"] != "pass" and check["subject"] in subjects
    }


def stands(site: Site) -> dict[str, str]:
    """Return what stands on each machine."""
    return {host: site.on(host, STANDS).stdout for host in HOSTS}


def done(site: Site, host: str, command: str) -> None:
    """Run a command on a machine that must succeed."""
    told = site.on(host, command)
    assert told.code == 0, told.stdout + told.stderr


def broken(site: Site) -> None:
    """Break the machines, in each of their parts."""
    for host, ways in BROKEN.items():
        done(site, host, ways)


def mended_by_hand(site: Site) -> None:
    """Mend what a run of the playbook leaves alone once it was changed by hand, and says so."""
    for host, way in BY_HAND.items():
        done(site, host, way)
