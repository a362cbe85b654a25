"""What somebody does who has broken into his1: sets made by hand with the server's own credentials.

Run on his1 by root, with the system's Python and restic; prints the first letters of each set by name.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CREDENTIALS = Path("/etc/seawall/credentials")
MARKER = sys.argv[1]
SETS = {
    "elsewhere": "e15e0000-0000-4000-8000-000000000000",
    "links": "11150000-0000-4000-8000-000000000000",
    "row": "40300000-0000-4000-8000-000000000000",
}
RESTIC = [
    "restic",
    "--repository-file",
    CREDENTIALS / "primary.url",
    "--password-file",
    CREDENTIALS / "primary.password",
]
RESTIC += ["--cacert", CREDENTIALS / "ca.pem", "--no-cache"]


def restic(*words):
    return subprocess.run([*RESTIC, *words], check=True, stdout=subprocess.PIPE).stdout


def honest():
    """Return the manifest of the newest honest set of his, and its folder in the snapshot."""
    found = json.loads(restic("snapshots", "--json", "--tag", "seawall-asset=his,seawall-part=manifest"))
    newest = max(found, key=lambda one: one["time"])
    return json.loads(restic("dump", newest["id"], f"{newest['paths'][0]}/manifest.json"))


def stored(name, label, material, part, texts=()):
    """Store a set of one part."""
    folder = Path(tempfile.mkdtemp())
    told = {**MANIFEST, "set": SETS[name], "parts": {label: {**part, "material": {"root": str(material)}}}}
    (folder / "manifest.json").write_text(json.dumps(told))
    for text in texts:
        (folder / text).write_text("-- a text of the intruder\n")
    tags = ["--tag", f"seawall-set={SETS[name]}", "--tag", "seawall-asset=his"]
    restic("backup", "--host", "his1", *tags, "--tag", f"seawall-part={label}", material)
    named = ["--tag", "seawall-part=manifest", "--tag", f"seawall-parts={label}"]
    restic("backup", "--host", "his1", *tags, *named, folder)
    shutil.rmtree(folder)


def links(folder):
    """Fill a folder with what leads out of it, as a database's material."""
    (folder / "database.dump").symlink_to("/etc/shadow")
    (folder / "globals.sql").symlink_to("/run/udev/rules.d/99-intruder.rules")
    (folder / "drills").symlink_to("/var/lib/seawall/drills")
    (folder / "closed").symlink_to("/srv/closed")
    os.mkfifo(folder / "pipe")
    os.mknod(folder / "device", 0o20666, os.makedev(1, 5))


def row(folder):
    """Make a dump whose load fails at a row, which the server then quotes; return how large it is."""
    as_admin = ["runuser", "-u", "postgres", "--"]
    for words in (["createdb", "intruder"], ["psql", "-Xqd", "intruder", "-c", "create table patients (name  text)"]):
        subprocess.run([*as_admin, *words], check=True, cwd="/")
    insert = f"insert into patients values ('{MARKER}')"
    # By its input: the journal keeps the arguments of whoever opens a session.
    subprocess.run([*as_admin, "psql", "-Xqd", "intruder"], check=True, cwd="/", input=insert.encode())
    argv = [*as_admin, "pg_dump", "-Fc", "--compress=0", "intruder"]
    dump = subprocess.run(argv, check=True, cwd="/", stdout=subprocess.PIPE).stdout
    subprocess.run([*as_admin, "dropdb", "intruder"], check=True, cwd="/")
    assert b"name text" in dump
    dump = dump.replace(b"name text", b"name int4")
    (folder / "database.dump").write_bytes(dump)
    return len(dump)


MANIFEST = honest()
PART = MANIFEST["parts"]["database"]
place = Path(tempfile.mkdtemp())
for name in SETS:
    (place / name).mkdir()
links(place / "links")
size = row(place / "row")
stored("elsewhere", "/run/udev/rules.d", place / "row", PART)
stored("links", "database", place / "links", PART, ["database-drills", "database-globals.sql"])
stored("row", "database", place / "row", {**PART, "database": "intruder", "dump_bytes": size}, ["database-globals.sql"])
shutil.rmtree(place)
print(json.dumps({name: identity[:8] for name, identity in SETS.items()}))
