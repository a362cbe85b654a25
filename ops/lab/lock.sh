#!/bin/sh
# Resolves the Python packages of pyproject.toml anew and writes requirements.lock: versions and digests, no addresses.
set -eu
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
/usr/bin/python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet --disable-pip-version-check pip-tools
"$scratch/venv/bin/pip-compile" --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-annotate \
  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --extra control --extra test \
  --output-file "$scratch/lock" pyproject.toml
{
  echo '# Made by `make lock` for Python 3.11 on x86-64; installed with --require-hashes, so nothing else can slip in.'
  cat "$scratch/lock"
} >"$scratch/whole"
mv "$scratch/whole" requirements.lock
