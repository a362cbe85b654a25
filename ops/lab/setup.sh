#!/bin/sh
# Sets this machine up as a control machine with a lab: Debian packages, Python packages, the command seawall.
# What is there already costs nothing, so it may run before everything else. Needs root only to install packages.
set -eu
cd "$(dirname "$0")/../.."
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

packages="apt-cacher-ng ca-certificates debian-archive-keyring iproute2 mmdebstrap openssh-client"
# Tests and benchmarks run SSH servers of their own on loopback.
packages="$packages openssh-server python3-venv sqlite3 systemd-container"
# And PostgreSQL servers of their own, on a socket in a temporary folder.
packages="$packages postgresql"
# And servers in containers, which need no image but this machine's programs.
packages="$packages podman crun mariadb-server-core mariadb-client"
# What seals the key sheet to its holders; the tests are holders, too, who need an agent.
packages="$packages gpg gpg-agent"
# What judges the rules of firewalls; they are tried in network name spaces.
packages="$packages nftables"
# What makes the images of discs, and mends them.
packages="$packages xorriso dvdisaster"
# What turns pages into PDFs, and its letters: European ones, and a small font of Chinese ones.
packages="$packages libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core fonts-wqy-microhei"

step() { # NAME COMMAND...: run it, and say how long it took
  name=$1 start=$(date +%s.%N)
  shift
  printf 'setup: %s ... ' "$name"
  mkdir -p .cache
  if "$@" >.cache/setup.log 2>&1; then
    printf '%.1f s\n' "$(echo "$(date +%s.%N) $start" | awk '{ print $1 - $2 }')"
  else
    echo failed
    tail -n 20 .cache/setup.log >&2
    exit 1
  fi
}

missing() {
  for package in $packages; do
    dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"
  done
}

# The steps join their commands with &&: inside a condition, as in step, `set -e` has no force.

# The lab starts a package cache of its own when it needs one: the service of the package stays off, as it was
# before this machine was set up. A policy that the administrator has stays in force. The package's own set-up
# would ask hosts that this machine may not reach for lists of mirrors; the lab needs none.
install_packages() {
  policy=/usr/sbin/policy-rc.d
  [ -e "$policy" ] ||
    { printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" && trap 'rm -f "$policy"' EXIT; }
  # shellcheck disable=SC2046 -- one word for each package
  echo "apt-cacher-ng apt-cacher-ng/gentargetmode select No automated setup" | debconf-set-selections &&
    apt-get -qq update &&
    apt-get -qq install --no-install-recommends $(missing) &&
    case $wanted in *apt-cacher-ng*) systemctl disable apt-cacher-ng || rm -f /etc/rc?.d/S??apt-cacher-ng ;; esac &&
    case $wanted in *openssh-server*) systemctl disable ssh || rm -f /etc/rc?.d/S??ssh ;; esac &&
    case $wanted in *postgresql*) systemctl disable postgresql || rm -f /etc/rc?.d/S??postgresql ;; esac &&
    case $wanted in *podman*) systemctl disable podman.service podman.socket podman-restart podman-auto-update || : ;; esac
}

# Each package is kept as the file that it came in: the control machine's own copy takes them along, so that a clean
# machine needs no index. What is kept and whole is not asked for again.
install_python_packages() {
  rm -f .venv/seawall-lock
  { [ -x .venv/bin/pip ] || /usr/bin/python3 -m venv .venv; } &&
    { pip_installs >/dev/null 2>&1 || { fetch_python_packages && pip_installs; }; } &&
    cp requirements.lock .venv/seawall-lock
}

pip_installs() {
  .venv/bin/pip install --quiet --disable-pip-version-check --no-input --no-compile --no-deps \
    --require-hashes --no-index --find-links .cache/wheels -r requirements.lock
}

fetch_python_packages() {
  rm -rf .cache/wheels &&
    .venv/bin/pip download --quiet --disable-pip-version-check --no-input --no-deps \
      --require-hashes --dest .cache/wheels -r requirements.lock
}

# What machines read lies beside what translators write, and is made anew where that is newer.
missing_catalogues() {
  for written in locale/*/LC_MESSAGES/seawall.po; do
    made=${written%.po}.mo
    [ -s "$made" ] && [ -z "$(find "$written" -newer "$made")" ] || echo "$written"
  done
}

# The checkout itself is the package: no build, no network, and a change shows at once.
install_command() {
  site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') &&
    pwd >"$site/seawall.pth" &&
    printf '#!%s/.venv/bin/python\nfrom ops.__main__ import main\n\nmain()\n' "$PWD" >.venv/bin/seawall &&
    chmod 755 .venv/bin/seawall
}

# Ceph's S3 server, one monitor and one disk for it, unpacked and not installed: apt checks signatures and digests, and
# fetches what this machine lacks. Only what the tests start, and its libraries, is kept.
unpack_store() {
  fetched=.cache/store-packages programs="ceph-authtool ceph-mon ceph-osd monmaptool radosgw radosgw-admin"
  rm -rf .cache/store .cache/store-new && mkdir -p $fetched/partial .cache/store-new/kept &&
    apt-get -qq update &&
    apt-get -qq --yes --no-install-recommends --download-only -o Debug::NoLocking=1 \
      -o "Dir::Cache::archives=$PWD/$fetched" install ceph-mon ceph-osd radosgw &&
    for package in "$fetched"/*.deb; do dpkg-deb --extract "$package" .cache/store-new/all || return 1; done &&
    mkdir -p .cache/store-new/kept/usr/bin .cache/store-new/kept/usr/lib .cache/store-new/kept/lib &&
    for program in $programs; do
      mv ".cache/store-new/all/usr/bin/$program" .cache/store-new/kept/usr/bin/ || return 1
    done &&
    for folder in lib usr/lib; do
      for libraries in .cache/store-new/all/$folder/*-linux-gnu; do
        [ ! -d "$libraries" ] || mv "$libraries" ".cache/store-new/kept/$folder/" || return 1
      done
    done &&
    mv .cache/store-new/kept .cache/store && rm -rf .cache/store-new $fetched
}

# A machine made without an installer may lack the name that every other one has.
name_localhost() { echo "127.0.0.1 localhost" >>/etc/hosts; }

getent hosts localhost >/dev/null || step "the name localhost" name_localhost
wanted=$(missing)
[ -z "$wanted" ] || step "Debian packages: $(echo "$wanted" | tr '\n' ' ')" install_packages
cmp -s requirements.lock .venv/seawall-lock || step "Python packages, each with its digest" install_python_packages
[ -x .venv/bin/seawall ] || step "the command seawall" install_command
# Where Python is told to write no bytecode, every start of the command would translate the whole package once more.
.venv/bin/python -m compileall -q ops plugins
[ -z "$(missing_catalogues)" ] ||
  step "catalogues of languages" .venv/bin/python -m ops.fleet.packaging.catalogues make
{ [ -s .cache/packages/SHA256SUMS ] && [ -x .cache/bin/restic ]; } ||
  step "restic of Debian 13" .venv/bin/seawall package fetch
package=.cache/packages/seawall.deb
{ [ -s $package ] && [ -z "$(find ops/ templates/ locale/ -name __pycache__ -prune -o -newer $package -print)" ]; } ||
  step "the package seawall, for servers" .venv/bin/seawall package build
{ [ -x .cache/bin/restic-rest-server ] && ls .cache/packages-for-tests/promtool_*.deb >/dev/null 2>&1; } ||
  step "rest-server and Prometheus of Debian 13, for the tests" \
  .venv/bin/python -c 'from ops.fleet.packaging import restic_deb; restic_deb.unpack_rest_server()'
[ -x .cache/store/usr/bin/radosgw ] || step "a store that speaks S3, of Debian, for the tests" unpack_store
