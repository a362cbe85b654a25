"""Ways in which machines stop being what the policy wants: done for real, and mended.

Each says by which host checks it must be found, and a word of their messages. Those of one batch lie apart from
each other, so that one look finds them all.
"""

from dataclasses import dataclass

UNITS = "/etc/systemd/system"
CREDENTIALS = "/etc/seawall/credentials"


@dataclass(frozen=True)
class Breakage:
    """What is done to a host, how it is mended, and which checks must say so: their names and a word each."""

    name: str
    host: str
    hurt: str
    mend: str
    found: dict[str, str]
    seen_on: tuple[str, ...] = ()  # other machines than the host

    def __str__(self) -> str:
        return self.name


def drop_in(unit: str, section: str, *lines: str, start: str = "true") -> tuple[str, str]:
    """Return the scripts that change a unit and change it back."""
    folder = f"{UNITS}/{unit}.d"
    text = "\\n".join((f"[{section}]", *lines))
    hurt = f"mkdir -p {folder}; printf '{text}\\n' >{folder}/broken.conf; systemctl daemon-reload; {start}"
    return hurt, f"rm -r {folder}; systemctl daemon-reload; {start}"


def changed(path: str, edit: str, then: str = "true") -> tuple[str, str]:
    """Return the scripts that edit a file, {} in `edit`, and put it back as it was."""
    kept = f"/root/kept{path.replace('/', '_')}"
    return f"cp -a {path} {kept}\n{edit.format(path)}\n{then}", f"cp -a {kept} {path}\nrm {kept}\n{then}"
