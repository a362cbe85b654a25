"""What passes for a name leads nowhere else: not up, not elsewhere, not into a second line or a second argument."""

from __future__ import annotations

import os
import string
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from ops.core.names import Digest, FileMode, FileName, HostName, Label, Name, RestorePoint, SetId, TreePath

PLAIN = (Name, HostName, Label, SetId, Digest, RestorePoint, FileMode)
FOLDER = "/srv/restored"
# What names and attacks are made of.
letters = st.sampled_from(
    [*string.ascii_letters[:4], *"019", *"._-/\\~", " ", "\n", "\0", "\r", "ž", "\u202e", "\ud800"]
)
texts = st.lists(letters, max_size=12).map("".join) | st.text(max_size=12)


@pytest.mark.parametrize("kind", [*PLAIN, FileName, TreePath])
def test_a_text_is_taken_as_it_is_or_refused(kind: type[Name]) -> None:
    @examples(60)
    @given(texts)
    def holds(text: str) -> None:
        if kind.fits(text):
            assert kind.parse(text) == text
        else:
            with pytest.raises(ValueError, match=r"^expected "):
                kind.parse(text)

    holds()


# A restore point never stands where a program would take it for an option.
@pytest.mark.parametrize("kind", [kind for kind in PLAIN if kind is not RestorePoint])
def test_a_plain_name_is_one_word_of_plain_letters(kind: type[Name]) -> None:
    @examples(60)
    @given(texts | st.from_regex(kind.form))
    def holds(text: str) -> None:
        if kind.fits(text):
            assert {*text} <= {*string.ascii_letters, *string.digits, *"._-"}
            assert not text.startswith(("-", "."))
            assert ".." not in text

    holds()


@examples(100)
@given(texts | st.from_regex(r"(\.\.|[ab.]|/)+", fullmatch=True))
def test_a_file_name_stays_in_its_folder(text: str) -> None:
    if FileName.fits(text):
        assert os.path.split(os.path.normpath(f"{FOLDER}/{text}")) == (FOLDER, text)


@examples(100)
@given(texts.map(lambda text: f"/{text}") | st.from_regex(r"/(\.\.|[ab.]|/)*", fullmatch=True))
def test_a_tree_path_stays_below_its_root(text: str) -> None:
    if TreePath.fits(text):
        assert PurePosixPath(os.path.normpath(FOLDER + text)).is_relative_to(FOLDER)
        assert PurePosixPath(os.path.normpath(f"{FOLDER}/{text.lstrip('/')}")).is_relative_to(FOLDER)
