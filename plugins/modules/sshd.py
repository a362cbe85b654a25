"""What sshd would do with a file of settings before all others: whether it reads it, and whether an account gets in.

Nothing is changed; what is asked is sshd itself, with the file and the machine's own configuration.
"""

from __future__ import annotations

import pwd
import tempfile
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.seawall.operations.plugins.module_utils.steps import Wrong

DOCUMENTATION = """
module: sshd
short_description: Whether sshd reads a file of settings, and whether an account still gets in
description: Asks sshd; changes nothing. Fails where it refuses the file, or where the account would be locked out.
options:
  content:
    description: Settings that come before all others; none for what stands on the machine.
  account:
    description: The account that must get in, by a key where passwords are refused; none asks for nobody.
  origin:
    description: The address from which it comes, for settings that depend on that.
"""
RETURN = """
settings:
  description: What holds for that account, by the word in small letters.
"""
OPTIONS = {
    "content": {"type": "str", "default": ""},
    "account": {"type": "str", "default": ""},
    "origin": {"type": "str", "default": "127.0.0.1"},
}
CONFIGURATION = Path("/etc/ssh/sshd_config")
SSHD = "/usr/sbin/sshd"


def main() -> None:
    """Do what Ansible asks."""
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    try:
        settings = asked(module)
        demand_admitted(module.params["account"], settings)
    except Wrong as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}")
    module.exit_json(changed=False, settings=settings)


def asked(module: AnsibleModule) -> dict[str, str]:
    """Return the settings that hold for the account, as sshd tells them; the first that is said of a word counts."""
    account, origin = module.params["account"] or "root", module.params["origin"]
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where ssh.socket starts it, it comes and goes
    with tempfile.NamedTemporaryFile("w", prefix="seawall-sshd-") as file:
        file.write(f"{module.params['content']}\n{CONFIGURATION.read_text('utf-8')}")
        file.flush()
        connection = f"user={account},host={origin},addr={origin},laddr=127.0.0.1,lport=22"
        code, out, said = module.run_command([SSHD, "-T", "-f", file.name, "-C", connection])
        if code:
            raise Wrong(
                f"nothing was replaced, sshd refuses it: {said.replace(file.name, 'the configuration').strip()}"
            )
    lines = (line.split(" ", 1) for line in out.splitlines() if line)
    return {word.lower(): rest[0] if rest else "" for word, *rest in lines}


def demand_admitted(account: str, settings: dict[str, str]) -> None:
    """Raise Wrong where an account that gets in now would not any more."""
    if not account:
        return
    if account == "root" and settings["permitrootlogin"] in {"no", "forced-commands-only"}:
        raise Wrong(
            "Ansible logs in here as root, and the policy would lock root out; nothing was replaced. "
            "Let it log in as an account that may use sudo (ansible_user), or write `root: key`"
        )
    may = [settings["passwordauthentication"], settings["kbdinteractiveauthentication"]]
    by_password = "yes" in may and not (account == "root" and settings["permitrootlogin"] != "yes")
    if not by_password and not has_key(account, settings):
        raise Wrong(
            f"Ansible logs in here as {account}, which has no key, and the policy would refuse its password; nothing "
            f"was replaced. Give it a key (ssh-copy-id), or write `passwords: true`"
        )


def has_key(account: str, settings: dict[str, Any]) -> bool:
    """Whether an account has a key that sshd would look at, or somebody else vouches for one."""
    if any(settings.get(word, "none") != "none" for word in ("authorizedkeyscommand", "trustedusercakeys")):
        return True
    entry = pwd.getpwnam(account)
    for pattern in settings["authorizedkeysfile"].split():
        name = pattern.replace("%h", entry.pw_dir).replace("%u", account).replace("%%", "%")
        path = Path(entry.pw_dir, name)
        lines = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
        if any(line.strip() and not line.startswith("#") for line in lines):
            return True
    return False


if __name__ == "__main__":
    main()
