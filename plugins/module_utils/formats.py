"""Formats of files that are judged before they replace what works.

Each is told all files of its format at once, and all that are put in place with them, and returns what is wrong, or
nothing. No text of a secret is in what it returns.
"""

from __future__ import annotations

import re
import ssl
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.seawall.operations.plugins.module_utils.nut import wrong_in_nut

Files = Mapping[Path, bytes]
BCRYPT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*:\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}")


def wrong_in_units(module: Any, files: Files, _: Files) -> str:
    """Have systemd judge units. It says of an unknown word that it ignores it, and ends well: whatever it says counts.

    It wants the real names; the folder in which they stand under these comes first where it looks for others.
    """
    with tempfile.TemporaryDirectory(prefix="seawall-units-") as folder:
        for path, content in files.items():
            Path(folder, path.name).write_bytes(content)
        paths = sorted(str(path) for path in Path(folder).iterdir())
        argv = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *paths]
        code, _, said = module.run_command(argv, environ_update={"LC_ALL": "C", "SYSTEMD_LOG_COLOR": "0"})
        names = tuple(start for path in paths for start in (path, Path(path).name, f"Unit {Path(path).name}"))
        ours = [line.replace(f"{folder}/", "") for line in said.splitlines() if line.startswith(names)]
    if code and not ours:
        return f"systemd-analyze verify ends with {code}: {said.strip()}"
    return "; ".join(ours)


def wrong_in_htpasswd(_module: Any, files: Files, _: Files) -> str:
    """Look whether each line is an account with the bcrypt hash of a password, and each account stands there once."""
    wrong = []
    for path, content in sorted(files.items()):
        lines = content.decode("utf-8", "replace").splitlines()
        names = [line.partition(":")[0] for line in lines]
        bad = [number for number, line in enumerate(lines, 1) if not BCRYPT.fullmatch(line)]
        twice = [number for number, name in enumerate(names, 1) if name in names[: number - 1]]
        wrong += [f"{path.name}:{number}: expected NAME:HASH, the hash made by bcrypt" for number in bad]
        wrong += [f"{path.name}:{number}: the account stands there twice" for number in twice]
    return "; ".join(wrong)


def wrong_in_certificate(_module: Any, files: Files, _: Files) -> str:
    """Look whether a certificate, with those behind it, and its key belong together."""
    with tempfile.NamedTemporaryFile() as both:
        both.write(b"\n".join(files.values()))
        both.flush()
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(both.name)
        except (ssl.SSLError, ValueError) as error:
            reason = getattr(error, "reason", None) or "not PEM"
            return f"certificate and key can't be used together ({reason})"
    return ""


def wrong_in_nginx(module: Any, files: Files, beside: Files) -> str:
    """Have nginx judge whole configurations, with what their unit will give them in a folder that is here now.

    That is what systemd puts below /run: credentials, which have the names of files beside, and a folder to write in.
    """
    credentials = {path.name: content for path, content in beside.items() if path.parent.name == "credentials"}
    wrong = []
    for path, content in sorted(files.items()):
        with tempfile.TemporaryDirectory(prefix="seawall-nginx-") as folder:
            for name, text in credentials.items():
                Path(folder, name).write_bytes(text)
            there = re.sub(rb"/run/(credentials/)?[^/;\s]+/", folder.encode() + b"/", content)
            Path(folder, path.name).write_bytes(there)
            argv = ["nginx", "-e", "stderr", "-t", "-q", "-c", str(Path(folder, path.name))]
            code, out, said = module.run_command(argv)
            if code:
                wrong.append(f"{out}{said}".replace(f"{folder}/", "").strip())
    return "; ".join(wrong)


FORMATS: dict[str, Callable[[Any, Files, Files], str]] = {
    "certificate": wrong_in_certificate,
    "htpasswd": wrong_in_htpasswd,
    "nginx": wrong_in_nginx,
    "nut": wrong_in_nut,
    "unit": wrong_in_units,
}
