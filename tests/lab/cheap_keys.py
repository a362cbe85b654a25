"""Cheap keys in the repositories of a lab's machines: restic starts hundreds of times, and most of that is derivation.

What noted the id of a key names the cheap one then, as if it had been there from the beginning.
"""

import json
from collections.abc import Iterator, Mapping

from cheap_key import LEAST, cheap
from hospital import Site

from ops.lab.identity import HOSTS

PLACES = {"backup1": "primary", "offsite1": "offsite"}  # who keeps repositories, and what their clients call them
CLIENTS = ("his1", "lis1")
PASSWORDS = "cd /etc/seawall/credentials && grep -H . *.password"
FOUND = "cd /srv/seawall && for key in */keys/*; do echo $key && cat $key && echo; done"
# What a backup host remembers of the keys that go is forgotten with all else: in an SQLite file nothing is exchanged.
FORGET = "cd /var/lib/seawall && rm -f state/scrub.sqlite state/register.sqlite state/retention.json"
NOTES = FORGET + " && grep -rlE '{old}' keys state 2>/dev/null | xargs -r sed -i {changes}"


def cheapen(site: Site) -> None:
    """Put cheap keys in the place of those that take half a second of a processor each time."""
    passwords = {client: _passwords(site, client) for client in CLIENTS}
    dear: dict[str, list[str]] = {}
    ids: dict[str, str] = {}
    for keeper, place in PLACES.items():
        for path, text in _keys(site, keeper):
            client, key = path.partition("/")[0], json.loads(text)
            if client in CLIENTS and not key.items() >= LEAST.items():
                new, content = cheap(text, passwords[client][_secret(place, key)])
                folder, _, old = path.rpartition("/")
                beside = f"cd /srv/seawall/{folder} && cp -p {old} {new} && cat >{new}"
                site.lab.machine(keeper).ssh(beside, input=content)
                dear.setdefault(keeper, []).append(path)
                ids[old] = new
    # One after the other: whoever looks meanwhile finds the key that is noted.
    notes = NOTES.format(old="|".join(ids), changes=" ".join(f"-e s/{old}/{new}/" for old, new in ids.items()))
    for host in HOSTS if ids else ():
        site.on(host, notes, ok=range(1))
    for keeper, paths in dear.items():
        site.on(keeper, f"cd /srv/seawall && rm {' '.join(paths)}; systemctl start seawall-retention", ok=range(1))


def _keys(site: Site, keeper: str) -> Iterator[tuple[str, str]]:
    """Yield each key of a keeper's repositories: its path, and what is in the file."""
    lines = iter(site.on(keeper, FOUND, ok=range(1)).stdout.splitlines())
    yield from zip(lines, lines, strict=True)


def _passwords(site: Site, client: str) -> dict[str, str]:
    """Return the passwords that a client has, its readers' too, by their files."""
    lines = site.on(client, PASSWORDS, ok=range(1)).stdout.splitlines()
    return {file: password for file, _, password in (line.partition(":") for line in lines)}


def _secret(place: str, key: Mapping[str, str]) -> str:
    """Return the file on the client that has the password of a key."""
    reader = key["username"] == "seawall-reader"
    return f"reader-{place}-{key['hostname']}.password" if reader else f"{place}.password"
