"""How the control machine is made anew on a clean machine, from the sheet of keys alone: the runbook's first chapter.

Nothing of Seawall is there yet, so every command is a standard one. restic is that of the machine's own Debian.
"""

from __future__ import annotations

import shlex

from ops.fleet.control_machine import contents
from ops.fleet.control_machine.identity import folder
from ops.fleet.runbook.machine import Site
from ops.fleet.runbook.model import Chapter, Step, control_machine
from ops.policy import access
from ops.reports.catalogue import tr

PLACE = "/root/restore"
RELEASE = "bookworm"  # whose Python the lock file is made for
RESTIC = 'restic --cacert ca.pem --repository-file url --password-file password --key-hint "$key" --no-lock'
CHECK = (
    'while read -r line; do [ "$(printf %s "${line% *}" | sha256sum | cut -c 1-4)" = "${line##* }" ] ||'
    ' echo "mistyped: ${line%% *}"; done <sheet'
)
# A value of the sheet: its pieces without blanks and checks, or as it stands.
VALUE = "value() { sed -n \"s|^$1/[0-9]*of[0-9]* \\(.*\\) ....$|\\1|p\" sheet | tr -d ' \\n'; }"
WORDS = 'words() { sed -n "s|^$1 \\(.*\\) ....$|\\1|p" sheet; }'
SHOWN = "awk '/BEGIN CERTIFICATE/ { n++; on = 1 } on { print >(\"shown\" n) } /END CERTIFICATE/ { on = 0 }'"
DIGEST = "openssl x509 -in ca.pem -outform DER | sha256sum | cut -d ' ' -f 1"


def chapter(site: Site) -> Chapter:
    """Return the chapter, from a bare Debian to a checkout that answers."""
    said = (
        tr(
            "Use any computer that can reach {keeper}, with a bare Debian {release}. Type everything as root, in "
            "one shell from here to the end.",
            keeper=_keeper(site),
            release=RELEASE,
        ),
    )
    return Chapter(control_machine(), said, (*_prepared(site), *_opened(site), *_brought(site), _set_up(site)))


def _prepared(site: Site) -> tuple[Step, ...]:
    return (
        Step(
            control_machine(),
            tr("Install the programs that read the off-site repository."),
            (
                "apt-get update",
                "apt-get install -y --no-install-recommends restic git make python3 python3-venv openssl openssh-client"
                " ca-certificates",
            ),
        ),
        Step(
            control_machine(),
            tr(
                "Type the key sheet into a file, line by line, or scan its codes. You need only the blocks `{way}`, "
                "`{secrets}` and the one of {machine}.",
                way=tr("The way in"),
                secrets=tr("The inventory's secrets"),
                machine=site.own.host,
            ),
            (f"install -d -m 700 {PLACE}; cd {PLACE}", "editor sheet"),
        ),
        Step(control_machine(), tr("Find mistyped lines. Correct them until this prints none."), (CHECK,)),
    )


def _opened(site: Site) -> tuple[Step, ...]:
    keeper, start = _keeper(site), f"{_place(site)}/{site.own.host}"
    return (
        Step(
            control_machine(),
            tr("Make the name {keeper} resolve: its certificate is issued for that name.", keeper=keeper),
            (VALUE, WORDS, f'echo "$(words {keeper}/host) {keeper}" >>/etc/hosts'),
        ),
        Step(
            control_machine(),
            tr(
                "Fetch the certificate of the authority and compare it with the sheet. The output must be: {output}",
                output="as printed",
            ),
            (
                f"openssl s_client -connect {_server(site)} -showcerts </dev/null 2>/dev/null | {SHOWN}",
                'cp "$(ls shown* | tail -n 1)" ca.pem',
                f'[ "$({DIGEST})" = "$(value authority/sha256)" ] && echo as printed || rm ca.pem',
            ),
        ),
        Step(
            control_machine(),
            tr("Open the repository and list the sets of the control machine."),
            (
                f'echo "{_url(site, start)}" >url',
                f"value {start}/password >password",
                f"key=$(value {start}/key)",  # without such lines it is empty, which is no hint
                f"{RESTIC} snapshots --compact",
            ),
        ),
    )


def _brought(site: Site) -> tuple[Step, ...]:
    bundle = folder(site.inventory.path).resolve() / contents.BUNDLE
    checkout = contents.CHECKOUT
    tags = f"seawall-asset={site.own.host}"
    return (
        Step(
            control_machine(),
            tr("Find the newest complete set: the last one that has a manifest."),
            (
                f"set=$({RESTIC} snapshots --json --tag {tags},seawall-part=manifest --latest 1 |"
                " grep -o 'seawall-set=[0-9a-f-]*' | tail -n 1)",
                'echo "$set"',
            ),
        ),
        Step(
            control_machine(),
            tr(
                "Restore Seawall itself, then everything else to its old location. (Other paths would work, but the "
                "commands below use these.)"
            ),
            (
                f'{RESTIC} dump --tag "$set,seawall-part=files" latest {shlex.quote(str(bundle))} >{contents.BUNDLE}',
                f"mkdir -p {checkout.parent}",
                f"git clone {contents.BUNDLE} {checkout}",
                f'{RESTIC} restore latest --tag "$set,seawall-part=files" --target /',
            ),
        ),
    )


def _set_up(site: Site) -> Step:
    return Step(
        control_machine(),
        tr(
            "Store the vault password where commands find it, and set up the control machine. No Python package "
            "index is needed; Debian packages come from the machine's own mirror."
        ),
        (
            "{ words vault/phrase; value vault/password; } >vault",
            f"export ANSIBLE_VAULT_PASSWORD_FILE={PLACE}/vault",
            f"cd {contents.CHECKOUT}",
            "make setup",
            'export PATH="$PWD/.venv/bin:$PATH"',
            f"seawall policy check {site.inventory.path.resolve()}",
            "seawall package build",
        ),
    )


def _place(site: Site) -> str:
    assert site.own.control is not None  # noqa: S101 -- demanded
    return site.own.control.repository


def _keeper(site: Site) -> str:
    return str(site.own.repositories[_place(site)].host)


def _server(site: Site) -> str:
    """Return host and port of the server that keeps the repository; a served address begins with them."""
    place = _place(site)
    return access.address(place, site.own.repositories[place], site.own.host).partition("/")[0]


def _url(site: Site, start: str) -> str:
    """Return the address with its account as a shell reads it from the sheet."""
    said = (f"$(words {start}/address)", f"$(words {start}/account)", f"$(value {start}/account-password)")
    return access.url(site.own.repositories[_place(site)].kind, *said)
