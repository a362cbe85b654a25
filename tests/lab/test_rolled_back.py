"""An update that breaks a service on a real machine, drilled and brought back from the control machine."""

import json
from collections.abc import Iterator

import pytest
from hospital import Site

HOST, ASSET, PACKAGE = "lis1", "theatre", "trial-labels"
LIST = f"/etc/apt/sources.list.d/{PACKAGE}.list"
CONFIGURATION = f"/etc/{PACKAGE}.conf"
GOOD = "printer=labels"
# $1: the version; what it does when it is installed. Builds a package with a service.
BUILD = f"""\
set -eu
tree=/srv/trial/tree
rm -rf "$tree" && mkdir -p "$tree/DEBIAN" "$tree/lib/systemd/system"
printf 'Package: {PACKAGE}\\nVersion: %s\\nArchitecture: all\\n' "$1" >"$tree/DEBIAN/control"
printf 'Maintainer: Trial <trial@example.org>\\nDescription: trial\\n' >>"$tree/DEBIAN/control"
printf '[Service]\\nExecStart=/bin/sh -c "grep -qx {GOOD} {CONFIGURATION} && exec sleep infinity"\\n' \
>"$tree/lib/systemd/system/{PACKAGE}.service"
printf '#!/bin/sh\\nset -e\\n%s\\n' "$2" >"$tree/DEBIAN/postinst" && chmod 755 "$tree/DEBIAN/postinst"
dpkg-deb --build --root-owner-group "$tree" "/srv/trial/{PACKAGE}_$1_all.deb" >/dev/null
rm -rf "$tree"
cd /srv/trial
for file in *.deb; do
  dpkg-deb --field "$file"
  printf 'Filename: ./%s\\nSize: %s\\n' "$file" "$(stat -c %s "$file")"
  printf 'SHA256: %s\\n\\n' "$(sha256sum "$file" | cut -d ' ' -f 1)"
done >Packages
printf 'deb [trusted=yes] file:/srv/trial ./\\n' >{LIST}
apt-get -qq -o Dir::Etc::sourcelist={LIST} -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0 update
"""
INSTALL = "DEBIAN_FRONTEND=noninteractive apt-get -qq install"
FIRST = f"[ -e {CONFIGURATION} ] || echo {GOOD} >{CONFIGURATION}"
SECOND = f"echo printer=nowhere >{CONFIGURATION}; systemctl stop {PACKAGE}; exit 1"
GONE = (
    f"dpkg --purge --force-all {PACKAGE}; systemctl daemon-reload; "
    f"rm -rf /srv/trial {LIST} {CONFIGURATION} /var/lib/apt/lists/_srv_trial* /var/lib/seawall/updates "
    "/var/lib/seawall/state/before-update.json /var/lib/seawall/state/roll-back*.json"
)


@pytest.fixture
def service(site: Site) -> Iterator[None]:
    """A service of a package that has a newer version."""
    machine = site.lab.machine(HOST)
    try:
        machine.ssh("cat >/root/build-trial", input=BUILD)
        site.on(HOST, f"mkdir -p /srv/trial && sh /root/build-trial 1 '{FIRST}' && {INSTALL} {PACKAGE}", ok=range(1))
        site.on(HOST, f"systemctl daemon-reload && systemctl start {PACKAGE}", ok=range(1))
        site.on(HOST, f"sh /root/build-trial 2 '{SECOND}'", ok=range(1))
        yield
    finally:
        site.on(HOST, f"rm -f /root/build-trial; {GONE}")


def seen(site: Site) -> tuple[str, str, str]:
    """The package's version and state, its configuration, and whether its service runs."""
    package = f"dpkg-query -Wf '${{Version}} ${{db:Status-Status}}' {PACKAGE}"
    words = f"{package}; echo; cat {CONFIGURATION}; systemctl is-active {PACKAGE}"
    version, configuration, active = site.on(HOST, words).stdout.splitlines()
    return version, configuration, active


@pytest.mark.usefixtures("service")
def test_a_broken_update_is_brought_back_from_the_control_machine(site: Site) -> None:
    good = ("1 installed", GOOD, "active")
    broken = ("2 half-configured", "printer=nowhere", "inactive")
    assert seen(site) == good
    kept = site.seawall("before-update", HOST, PACKAGE, "--asset", ASSET, "--reason", "labels 2", "--json")
    assert kept.code == 0, kept.stdout + kept.stderr
    facts = json.loads(kept.stdout)
    state = json.loads(site.on(HOST, f"cat /var/lib/seawall/state/backup-{ASSET}.json").stdout)["last_good"]
    assert (facts["replaced"], facts["sets"]) == ({f"{PACKAGE}:all": "1"}, {ASSET: state["set"]})

    assert site.on(HOST, f"{INSTALL} {PACKAGE}").code == 100
    assert seen(site) == broken
    drilled = site.seawall("roll-back", HOST, "--drill")
    assert drilled.code == 0, drilled.stdout + drilled.stderr
    assert seen(site) == broken, "a drill changes nothing"
    done = site.seawall("roll-back", HOST, "--yes", "--reason", "no labels")
    assert done.code == 0, done.stdout + done.stderr
    assert seen(site) == good, done.stdout
    assert f"seawall restore {ASSET} --in-place --at {state['set']}" in done.stdout
