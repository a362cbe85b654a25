"""docs/restore.md: each refusal that it explains is one that people meet."""

import re

from test_docs import CHECKOUT, said


def test_every_refusal_explained_is_one_that_people_meet() -> None:
    page = (CHECKOUT / "docs/restore.md").read_text("utf-8").partition("## What it refuses")[2]
    refusals = re.findall(r"^\| `(.+?)` \|", page, re.MULTILINE)
    assert len(refusals) > 20
    pieces = [(words, piece.strip(" :;,()")) for words in refusals for piece in words.split("…")]
    assert [words for words, piece in pieces if piece not in said()] == []
