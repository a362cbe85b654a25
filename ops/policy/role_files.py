"""Files in the words of the role `files`: what lies where, whose it is and who may read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ops.interfaces import joined

UNITS = "/etc/systemd/system"
READERS = "/etc/seawall-readers"
WRITERS = "/etc/seawall-writers"
CONTENTS = ("content", "template", "variables")  # the module is given them apart, where nothing logs them


@dataclass(frozen=True)
class File:
    """A file as a role wants it; roles/files/README.md has the words.

    content, or template with variables: what is in it. format: as what it is judged before it replaces another.
    secret: its content is shown nowhere. keep: what is there is left alone.
    """

    path: str
    content: str | None = field(default=None, repr=False)
    template: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict, repr=False)
    format: str | None = None
    group: str = "root"
    mode: str = "0644"
    secret: bool = False
    keep: bool = False

    def plain(self) -> dict[str, Any]:
        """Return it as plain data, without what it does not say."""
        return {name: value for name, value in vars(self).items() if value is not None and value != {}}


@dataclass(frozen=True)
class Folder:
    """A folder as a role wants it, in the same words."""

    path: str
    owner: str
    group: str
    mode: str
    folder: bool = True


def described(files: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what the module may be told openly of files: everything but what is in them."""
    said = []
    for file in files:
        notify = file.get("notify") or []
        openly = {name: value for name, value in file.items() if name not in CONTENTS}
        said.append(openly | {"notify": [notify] if isinstance(notify, str) else list(notify)})
    return said


def unit_files(units: Sequence[Mapping[str, Any]], profile: Literal["job", "drill"]) -> list[File]:
    """Return a service for each unit, and a timer unless only a person starts it."""
    return [
        File(
            path=f"{UNITS}/{unit['name']}.{suffix}",
            template=f"etc/systemd/system/job.{suffix}.j2",
            variables={"unit": dict(unit), "profile": profile},
            format="unit",
        )
        for unit in units
        for suffix in (("service", "timer") if unit["calendar"] else ("service",))
    ]


def reader_files(clients: Sequence[Mapping[str, Any]]) -> list[File]:
    """Return for each client that somebody may read the list of those who may."""
    return [
        File(
            path=f"{READERS}/{client['name']}.htpasswd",
            template="etc/seawall-readers/client.htpasswd.j2",
            variables={"readers": client["readers"]},
            format="htpasswd",
            group="www-data",
            mode="0640",
            secret=True,
        )
        for client in clients
        if client.get("readers")
    ]


def writer_files(clients: Sequence[Mapping[str, Any]], base: str) -> list[File | Folder]:
    """Return for each client its account, and the socket and the service that serve its repository alone.

    base: the folder above the repositories; a server sees of it that of its client, which so must be there first.
    """
    found: list[File | Folder] = []
    for client in clients:
        name = str(client["name"])
        variables = {"client": name, "quota": client.get("quota"), "socket": joined.writer_socket(name)}
        account = {"accounts": [{"name": name, "hash": client["hash"]}]}
        found += [
            Folder(f"{base}/{name}", "restic-rest-server", "restic-rest-server", "0700"),
            File(
                path=f"{WRITERS}/{name}.htpasswd",
                template="etc/seawall-writers/client.htpasswd.j2",
                variables=account,
                format="htpasswd",
                mode="0600",
                secret=True,
            ),
            *(
                File(
                    path=f"{UNITS}/{joined.writer(name)}.{suffix}",
                    template=f"etc/systemd/system/seawall-writer.{suffix}.j2",
                    variables=variables,
                    format="unit",
                )
                for suffix in ("socket", "service")
            ),
            *(_leaving_files(name, client, variables) if client.get("leaves") else ()),
        ]
    return found


def _leaving_files(name: str, client: Mapping[str, Any], variables: Mapping[str, Any]) -> list[File]:
    """Return the units of a client from whose repository sets leave: the second door, and the run with its timer."""
    door = {**variables, "socket": joined.second_door_socket(name)}
    run = {"client": name, "calendar": list(client["leaves"]), "window": client["window"]}
    found = [("second-door", joined.second_door(name), door, suffix) for suffix in ("socket", "service")]
    found += [("leaving", joined.unit(joined.leaving(name)), run, suffix) for suffix in ("service", "timer")]
    return [
        File(
            path=f"{UNITS}/{unit}.{suffix}",
            template=f"etc/systemd/system/seawall-{sort}.{suffix}.j2",
            variables=words,
            format="unit",
        )
        for sort, unit, words, suffix in found
    ]


def container_files(containers: Sequence[Mapping[str, Any]]) -> list[File]:
    """Return for each container that is entered the socket that the account reaches, and the service behind it."""
    return [
        File(
            path=f"{UNITS}/{joined.container(one['engine'], one['container'])}{suffix}",
            template=f"etc/systemd/system/seawall-container{suffix}.j2",
            variables={**one, "socket": joined.container_socket(one["engine"], one["container"])},
            format="unit",
        )
        for one in containers
        for suffix in (".socket", "@.service")
    ]
