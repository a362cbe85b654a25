"""How repositories are reached and opened: addresses and names of files with secrets, the one place that makes them.

A role writes these files, a unit reads those that it names, the control machine makes the same ones for itself.
"""

from __future__ import annotations

from ops.core.errors import UsageError
from ops.policy.model import Repository

FOLDER = "/etc/seawall/credentials"
AUTHORITY = "ca.pem"
LEDGER_KEY = "ledger.key"


def address_file(repository: str) -> str:
    """Return the name of the file with a repository's address and the account that opens it."""
    return f"{repository}.url"


def password_file(repository: str) -> str:
    """Return the name of the file with the password of a repository, or of a reader's own key to it."""
    return f"{repository}.password"


def repository_files(repository: str) -> tuple[str, str]:
    """Return the names of the two files that open a repository."""
    return address_file(repository), password_file(repository)


def reader_file(repository: str, reader: str) -> str:
    """Return the name of the file from which a repository's owner gives a reader a key of its own."""
    return password_file(f"reader-{repository}-{reader}")


def read_from(machine: str, repository: str) -> str:
    """Return the name that a reader's files give to another machine's repository."""
    return f"{machine}-{repository}"


def address(name: str, repository: Repository, machine: str, *, reads_only: bool = False) -> str:
    """Return where a machine's repository lies as a URL has it: host, port and folder.

    name: what the policy calls it. reads_only: through the port for those who may only read.
    Raises UsageError for a repository that no machine of the inventory keeps.
    """
    if repository.host is None:
        raise UsageError(f"no machine of the inventory keeps {name}, so it has no address")
    port = repository.options.reader_port if reads_only else repository.options.port
    return f"{repository.host}:{port}/{machine}/"


def url(where: str, account: str, password: str) -> str:
    """Return an address with an account as restic reads it from a file."""
    return f"rest:https://{account}:{password}@{where}"
