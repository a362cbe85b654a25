"""Characters that look like those of YAML's own, or like nothing at all, and what is to be typed in their place."""

from __future__ import annotations

import unicodedata

HIDDEN = frozenset({0xAD, 0x200B, 0x2060, 0xFEFF})  # nothing is seen of them, and no language needs them
_ASCII = 0x7F


def meant(letter: str) -> str | None:
    """Return the plain character that was meant by one that looks like it, "" for one not seen, None for all others.

    Word processors, web pages and mails put such characters where a person typed the plain one.
    """
    if ord(letter) <= _ASCII:
        return None
    if ord(letter) in HIDDEN:
        return ""
    category, name = unicodedata.category(letter), unicodedata.name(letter, "")
    if category == "Zs":
        return " "
    if category == "Pd" or name == "MINUS SIGN":
        return "-"
    if category in {"Pi", "Pf"} or name.endswith(("QUOTATION MARK", "PRIME", "ACUTE ACCENT")):
        return '"' if "DOUBLE" in name or name.startswith("FULLWIDTH") else "'"
    if name.endswith((" COLON", "RATIO")):
        return ":"
    wide = unicodedata.normalize("NFKC", letter) if name.startswith("FULLWIDTH") else ""
    return wide if len(wide) == 1 and ord(wide) <= _ASCII else None


def plain(text: str) -> str:
    """Return a text with each character that only looks like a plain one replaced by that."""
    return "".join(letter if (other := meant(letter)) is None else other for letter in text)


def strange(text: str) -> str:
    """Return in words the first character of a text that only looks like a plain one, "" when there is none."""
    for letter in text:
        other = meant(letter)
        if other is not None:
            wanted = "delete it" if not other else "type a plain space" if other == " " else f"type {other}"
            return f"{named(letter)}: {wanted}"
    return ""


def unseen(text: str) -> str:
    """Return in words the first character of a text that can't be seen, or is taken for a space or a digit, else ""."""
    odd = [letter for letter in text if meant(letter) in {"", " "} or (letter.isdigit() and not letter.isascii())]
    return strange(odd[0]) if odd else ""


def mixed(text: str) -> str:
    """Return in words a letter of another alphabet, as it stands among Latin ones; "" when there is none."""
    scripts = {letter: unicodedata.name(letter, "?").split()[0] for letter in text if letter.isalpha()}
    if "LATIN" not in scripts.values():
        return ""
    other = [letter for letter, script in scripts.items() if script in {"CYRILLIC", "GREEK"}]
    return f"{named(other[0])}, among Latin ones: type it anew" if other else ""


def named(letter: str) -> str:
    """Return what a character is called."""
    name = unicodedata.name(letter, "character").lower()
    return f"a {name} (U+{ord(letter):04X})" if name[0] not in "aeio" else f"an {name} (U+{ord(letter):04X})"
