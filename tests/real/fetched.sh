#!/bin/sh
# Runs in a tree: fetches packages and the sources of PostgreSQL through the tree's own apt, which checks signatures.
#   fetched.sh FOLDER ARCHIVE RELEASE MAJOR PROXIES PACKAGE...
# What the archive does not have is not there afterwards, and is no failure; the rest is unpacked to FOLDER.
set -eu
folder=$1 archive=$2 release=$3 major=$4 proxies=$5
shift 5
printf '%s' "$proxies" >/etc/apt/apt.conf.d/10machine
printf 'deb %s %s main\ndeb-src %s %s main\n' "$archive" "$release" "$archive" "$release" >/etc/apt/sources.list
echo 'APT::Sandbox::User "root";' >/etc/apt/apt.conf.d/10root
apt-get -qq update
mkdir -p "$folder/packages" "$folder/sources"
cd "$folder/packages"
there=$(printf '%s\n' "$@" | sort -u >../wanted; apt-cache pkgnames | sort -u | comm -12 - ../wanted)
# shellcheck disable=SC2086 -- one word for each package
apt-get -qq download $there
for file in *.deb; do
  mkdir -p "$folder/applications/${file%%_*}"
  dpkg-deb --extract "$file" "$folder/applications/${file%%_*}"
done
cd "$folder/sources"
if apt-get -qq source --download-only "postgresql-$major" 2>/dev/null; then
  mkdir -p "$folder/regress"
  tar --extract --file postgresql-*.orig.tar.* --directory "$folder/regress" --strip-components=4 --wildcards \
    'postgresql-*/src/test/regress/*'
else
  echo "the archive has no sources of postgresql-$major"
fi
rm -rf "$folder/wanted" "$folder/packages" "$folder/sources"
touch "$folder/whole"
