"""The ends of passwords that are there already: of people's accounts, and of those that a key alone lets in.

A person's account has a number of Debian's range for them, a shell that lets it in and a password. A stricter end than
the one wanted stays.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.seawall.operations.plugins.module_utils.steps import Wrong

DOCUMENTATION = """
module: passwords
short_description: When the passwords that are there end, and which are locked
description: Sets them with chage and usermod; supports check mode. No password is read or shown.
options:
  age:
    description: Days after which a person must change the password.
  warning:
    description: Days before that in which the person is told.
  services:
    description: Accounts of programs; their passwords are locked and have no end.
  account:
    description: The account as which Ansible logs in; what would lock it out is refused.
  only_tell:
    description: Whether nothing is changed, and only C(before) is wanted.
"""
RETURN = """
before:
  description: Commands that bring back what stands now, by name, for the accounts that differ.
accounts:
  description: The accounts that differ from what is wanted.
"""
OPTIONS = {
    "age": {"type": "int", "required": True},
    "warning": {"type": "int", "required": True},
    "services": {"type": "list", "elements": "str", "default": []},
    "account": {"type": "str", "required": True},
    "only_tell": {"type": "bool", "default": False},
}
SHADOW = Path("/etc/shadow")
PEOPLE = range(1000, 60_000)  # as Debian numbers them
NO_SHELL = {"nologin", "false", "sync", ""}
ENDLESS = 99_999
DAY = 86_400
# An account that is gone meanwhile needs nothing.
IF_THERE = '! getent passwd "$1" >/dev/null || {}'


def main() -> None:
    """Do what Ansible asks."""
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    try:
        told = list(acts(module.params))
        if not (module.check_mode or module.params["only_tell"]):
            for _, argv, _ in told:
                run(module, argv)
    except Wrong as error:
        module.fail_json(msg=str(error))
    before = {name: argv for _, _, undone in told for name, argv in undone.items()}
    module.exit_json(changed=bool(told), before=before, accounts=sorted({name for name, _, _ in told}))


def acts(wanted: dict[str, Any]) -> Iterator[tuple[str, list[str], dict[str, list[str]]]]:
    """Yield what is to be done: the account, the command, and the command that undoes it by its name."""
    shadow = entries(SHADOW, 9)
    for name in wanted["services"]:
        if name not in shadow:
            raise Wrong(f"service_accounts names {name}, an account that this machine does not have; add or remove it")
        yield from service_acts(name, shadow[name])
    for name in people():
        if name in wanted["services"] or not shadow.get(name, [""])[0].startswith("$"):
            continue
        most, warning = number(shadow[name][3], ENDLESS), number(shadow[name][4], 7)
        if most <= wanted["age"]:
            continue
        if name == wanted["account"] and ended(shadow[name], wanted["age"]):
            raise Wrong(
                f"Ansible logs in here as {name}, whose password is older than {wanted['age']} days and would end now; "
                "nothing was changed. Change it (passwd), or name it in service_accounts if it has a key"
            )
        argv = ["chage", "-M", str(wanted["age"]), "-W", str(wanted["warning"]), name]
        yield name, argv, undone("age", name, 'chage -M "$2" -W "$3" "$1"', str(most), str(warning))


def service_acts(name: str, entry: list[str]) -> Iterator[tuple[str, list[str], dict[str, list[str]]]]:
    """Yield what makes a key alone let an account in, always."""
    if entry[0].startswith("$"):
        yield name, ["usermod", "-L", name], undone("lock", name, 'usermod -U "$1"')
    if number(entry[3], ENDLESS) < ENDLESS:
        most = str(number(entry[3], ENDLESS))
        yield name, ["chage", "-M", str(ENDLESS), name], undone("age", name, 'chage -M "$2" "$1"', most)


def undone(what: str, name: str, script: str, *words: str) -> dict[str, list[str]]:
    """Return the command that brings back what stands now, by its name."""
    return {f"{what} {name}": ["sh", "-c", IF_THERE.format(script), "sh", name, *words]}


def people() -> list[str]:
    """Return the accounts of people: /etc/passwd alone, for a directory has its own rules."""
    found = {name: rest for name, rest in entries(Path("/etc/passwd"), 7).items() if Path(rest[5]).name not in NO_SHELL}
    return [name for name, rest in found.items() if number(rest[1], 0) in PEOPLE]


def entries(path: Path, words: int) -> dict[str, list[str]]:
    """Return a list of accounts: by account the rest of its line, of lines that have so many words."""
    lines = (line.split(":") for line in path.read_text("utf-8").splitlines())
    return {line[0]: line[1:] for line in lines if len(line) == words}


def number(text: str, otherwise: int) -> int:
    """Return a number of such a file; -1 and nothing stand for none."""
    return int(text) if text.isdigit() else otherwise


def ended(entry: list[str], age: int) -> bool:
    """Whether a password that may be as old as that has ended."""
    return number(entry[1], 0) + age < time.time() / DAY


def run(module: AnsibleModule, argv: list[str]) -> None:
    """Run a program of Debian's for accounts."""
    code, out, said = module.run_command(argv)
    if code:
        raise Wrong(f"{' '.join(argv)} ends with {code}: {(said or out).strip()}")


if __name__ == "__main__":
    main()
