#!/bin/sh
# Runs in a tree: fetches packages and the sources of PostgreSQL through the tree's own apt, which checks signatures.
#   fetched.sh FOLDER ARCHIVES RELEASE MAJOR PROXIES [PACKAGE...]
# ARCHIVES: lines of `ADDRESS SUITE`, the release's own first, then those of its updates; sources are sought in each.
# What the archive does not have is not there afterwards, and is no failure; the rest is unpacked to FOLDER. Without a
# package the sources alone are sought.
set -eu
folder=$1 archives=$2 release=$3 major=$4 proxies=$5
shift 5
printf '%s' "$proxies" >/etc/apt/apt.conf.d/10machine
echo 'APT::Sandbox::User "root";' >/etc/apt/apt.conf.d/10root
lists=/etc/apt/sources.list.d
echo "$archives" | while read -r address suite; do
  echo "deb-src $address $suite main" >"$lists/$suite.list"
  if [ "$suite" = "$release" ]; then echo "deb $address $suite main" >/etc/apt/sources.list; fi
done
apt-get -qq update || apt-get -qq update -o "Dir::Etc::SourceParts=/dev/null"
mkdir -p "$folder/packages" "$folder/sources"
if [ $# -gt 0 ]; then
  cd "$folder/packages"
  there=$(printf '%s\n' "$@" | sort -u >../wanted; apt-cache pkgnames | sort -u | comm -12 - ../wanted)
  # shellcheck disable=SC2086 -- one word for each package
  apt-get -qq download $there
  for file in *.deb; do
    mkdir -p "$folder/applications/${file%%_*}"
    dpkg-deb --extract "$file" "$folder/applications/${file%%_*}"
  done
fi
# An index may name what the archive has no more, or not yet: then another of the suites may have it.
cd "$folder/sources"
rm -f "$folder/lacking"
for suite in $(echo "$archives" | cut -d ' ' -f 2); do
  if apt-get -qq source --download-only --tar-only "postgresql-$major/$suite" 2>/dev/null; then break; fi
done
if [ -e "$(echo postgresql-*.orig.tar.*)" ]; then
  rm -rf "$folder/regress"
  mkdir "$folder/regress"
  tar --extract --file postgresql-*.orig.tar.* --directory "$folder/regress" --strip-components=4 --wildcards \
    'postgresql-*/src/test/regress/*'
else
  apt-cache showsrc "postgresql-$major" | sed -n 's/^Version: //p' | sort -u | paste -s -d ' ' >"$folder/lacking"
fi
cd /
rm -rf "$folder/wanted" "$folder/packages" "$folder/sources"
touch "$folder/whole"
