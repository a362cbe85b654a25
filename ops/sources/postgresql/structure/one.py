"""Whether a text is one expression, query or body of SQL, and nothing behind it.

The texts come from a manifest, which may be anybody's, and are given to a server. What the server itself writes holds
no comments, and no quotes that begin with a dollar or know backslashes; a text with any of these is not given to it.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""(?P<foreign>[eE]'|--|/\*|\\|\0|\$(?!\d+(?![\w$])))|(?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?P<cut>['"])"""
    r"""|(?P<bracket>[][()])|(?P<end>;)|(?P<word>(?![eE]')[^\W\d]\w*)|\d\w*|\s+|.""",
    re.DOTALL,
)
_PAIRS = {")": "(", "]": "["}


def is_one(text: str) -> bool:
    """Return whether a text closes no bracket that it did not open and ends nothing before its own end."""
    open_, cases, body, ended = [""], 0, text[:12].lower() == "begin atomic", False
    for token in _TOKEN.finditer(text):
        said, sort = token.group().lower(), token.lastgroup
        if sort in {"foreign", "cut"} or (ended and not said.isspace()):
            return False
        if sort == "bracket":
            if said in "([":
                open_.append(said)
            elif open_.pop() != _PAIRS[said]:
                return False
        elif sort == "end" and len(open_) == 1 and (cases or not body):
            return False
        elif body and sort == "word":  # a body in a body there is none; a column may be called `begin`
            ended = said == "end" and not cases
            cases += (said == "case") - (said == "end" and not ended)
    return open_ == [""] and ended == body
