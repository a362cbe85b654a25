"""Which secrets a machine holds, and in which files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ops.core.errors import UsageError
from ops.interfaces import joined
from ops.policy import access, alarms, secrets
from ops.policy.model import Asset, HostPolicy
from ops.policy.role_files import File
from ops.policy.secrets import Secrets

INIT_UNIT = "seawall-repository-init"
INIT = (
    "systemd-run", "--quiet", "--wait", "--pipe", "--collect", f"--unit={INIT_UNIT}",
    "--property=User=seawall", "--property=UMask=0027", "--setenv=HOME=/var/lib/seawall",
    "--property=CacheDirectory=seawall/restic", "--property=CacheDirectoryMode=0750",
    "--property=RuntimeDirectory=seawall/account", "--property=RuntimeDirectoryMode=0750",
    "--property=RuntimeDirectoryPreserve=yes",
)  # fmt: skip


def client_files(policy: HostPolicy, said: Secrets) -> list[File]:
    """Return the secrets of a machine that backs itself up: they open its repositories, and its readers' keys.

    The passwords of the readers' keys open nothing that this machine cannot open already; the readers' accounts are
    not here. Raises UsageError for a secret that the inventory lacks.
    """
    host = policy.host
    files = [_authority(host, said), *_export_files(policy, said)]
    for name in _repositories(policy.assets.values()):
        files.append(_secret(access.address_file(name), _own_url(name, policy, said)))
        password = said.text(host, secrets.PASSWORDS, name)
        files.append(_secret(access.password_file(name), password))
        if access.stored(policy.repositories[name]):
            files.append(_secret(access.account_file(name), _account(name, name, policy, said)))
    for name, reader in _readers(policy):
        password = said.text(host, secrets.READER_PASSWORDS, name, reader)
        files.append(_secret(access.reader_file(name, reader), password))
    return files


def _export_files(policy: HostPolicy, said: Secrets) -> Iterator[File]:
    """Yield the keys by which exports sign in at SFTP servers; raise UsageError for one that lacks."""
    for name, export in (policy.exports or {}).items():
        if export.to.sftp:
            try:
                yield _secret(joined.export_file(name), said.text(policy.host, secrets.EXPORTS, name).strip())
            except UsageError as error:
                hint = f"write it, sealed, as {secrets.EXPORTS}: {{{name}: ...}}, into the inventory; docs/exports.md"
                raise UsageError(error.message, hint) from error


def _own_url(name: str, policy: HostPolicy, said: Secrets) -> str:
    repository = policy.repositories[name]
    where = access.address(name, repository, policy.host)
    if not access.served(repository):
        return where
    account = said.text(policy.host, secrets.ACCOUNTS, name, "password")
    return access.url(repository.kind, where, policy.host, account)


def keeper_files(policy: HostPolicy, said: Secrets) -> list[File]:
    """Return the secrets of a machine that renews locks at stores; raise UsageError for an account that lacks."""
    files = []
    for name in access.renewed(policy):
        where, here = access.address(name, policy.repositories[name], ""), joined.locks_of(name)
        files.append(_secret(access.address_file(here), where))
        files.append(_secret(access.account_file(here), _account(joined.locks_of(name), name, policy, said)))
    return files


def _account(what: str, name: str, policy: HostPolicy, said: Secrets) -> str:
    """Return what opens the store in which a repository lies; raise UsageError for an account that lacks.

    what: the name of the account in the inventory.
    """
    repository = policy.repositories[name]
    options, account = repository.options, access.target(repository.kind).account
    assert account is not None  # noqa: S101 -- asked for only where there is one
    try:
        words = [said.text(policy.host, secrets.STORES, what, word) for word in ("account", "key")]
    except UsageError as error:
        hint = f"write it, its key sealed, as {secrets.STORES}: {{{what}: {{account: ..., key: ...}}}}; docs/s3.md"
        raise UsageError(error.message, hint) from error
    return account(options, *words)


def repository_init(policy: HostPolicy) -> list[str]:
    """Return the command that makes a machine's repositories and gives their readers keys; empty where it has none.

    It gets its secrets as the units do: from systemd, for as long as it runs.
    """
    names, readers = _repositories(policy.assets.values()), list(_readers(policy))
    if not names:
        return []
    files = [file for name in names for file in access.files(name, policy.repositories[name])]
    files += [*(access.reader_file(*pair) for pair in readers), access.AUTHORITY]
    given = f"/run/credentials/{INIT_UNIT}.service"
    return [
        *INIT,
        *(f"--property=LoadCredential={file}:{access.FOLDER}/{file}" for file in files),
        *("/usr/bin/seawall", "repository", "init"),
        *(f"--reader={name}:{reader}={given}/{access.reader_file(name, reader)}" for name, reader in readers),
    ]


def repository_note(policy: HostPolicy) -> list[str]:
    """Return the command with which a drill host notes the keys that it opens repositories with; empty if it has none.

    It gets its secrets as the units do: from systemd, for as long as it runs.
    """
    names = [access.read_from(machine, name) for machine, name in access.readable(policy)]
    if not names:
        return []
    files = [*(file for name in names for file in access.repository_files(name)), access.AUTHORITY]
    return [
        *INIT,
        *(f"--property=LoadCredential={file}:{access.FOLDER}/{file}" for file in files),
        *("/usr/bin/seawall", "repository", "note"),
    ]


def drill_files(policy: HostPolicy, said: Secrets) -> list[File]:
    """Return the secrets of a drill host: for each repository of each drilled machine that it may read, how it does.

    The address has the account that only reads; the password is that of this machine's own key. Disks that take turns
    have no account: whoever holds one can read it with their password.
    """
    files = [_authority(policy.host, said)]
    for machine in sorted({drilled.host for drilled in policy.drills.values()}):
        for name in _repositories(each.asset for each in policy.drills.values() if each.host == machine):
            repository = policy.repositories[name]
            if not access.served(repository):
                if access.attended(repository):
                    files += _of_disk(name, policy, machine, said)
                continue
            where = access.address(name, repository, machine, reads_only=True)
            account = said.text(machine, secrets.READER_ACCOUNTS, name, policy.host, "password")
            password = said.text(machine, secrets.READER_PASSWORDS, name, policy.host)
            address_file, password_file = access.repository_files(access.read_from(machine, name))
            files.append(_secret(address_file, access.url(repository.kind, where, policy.host, account)))
            files.append(_secret(password_file, password))
    return files


def _of_disk(name: str, policy: HostPolicy, machine: str, said: Secrets) -> Iterator[File]:
    """Yield how a drill host reads a disk that comes to it: by the password that unlocks it, too."""
    address_file, password_file = access.repository_files(access.read_from(machine, name))
    yield _secret(address_file, access.address(name, policy.repositories[name], machine))
    yield _secret(password_file, said.text(machine, secrets.PASSWORDS, name))


def channel_files(policy: HostPolicy, said: Secrets) -> list[File]:
    """Return the secrets of the channels by which a machine's alarms go; raise UsageError for one that lacks."""
    if policy.alarms is None:
        return []
    found = []
    for name in alarms.secret_channels(policy.alarms):
        try:
            found.append(_secret(joined.channel_file(name), said.text(policy.host, secrets.CHANNELS, name)))
        except UsageError as error:
            hint = f"write it, sealed, as {secrets.CHANNELS}: {{{name}: ...}}, into the inventory; docs/alarms.md"
            raise UsageError(error.message, hint) from error
    return found


def _authority(host: str, said: Secrets) -> File:
    content = said.text(host, secrets.AUTHORITY[0])
    return File(path=f"{access.FOLDER}/{access.AUTHORITY}", content=content, mode="0600")


def _secret(name: str, text: str) -> File:
    return File(path=f"{access.FOLDER}/{name}", content=f"{text}\n", mode="0600", secret=True)


def _repositories(assets: Iterable[Asset]) -> list[str]:
    """Return the names of the repositories that assets are brought to, in order."""
    return sorted(
        {name for asset in assets for name in (asset.repository, *(copy.to for copy in asset.copies.values()))}
    )


def _readers(policy: HostPolicy) -> Iterator[tuple[str, str]]:
    """Yield each served repository of a machine with each reader whose key belongs into it."""
    readers = sorted({asset.drill.host for asset in policy.assets.values() if asset.drill})
    for name in _repositories(policy.assets.values()):
        yield from ((name, reader) for reader in readers if access.served(policy.repositories[name]))
