"""Which words may become names of folders, tags and arguments."""

import pytest

from ops.core.names import DatabaseName, Digest, FileMode, FileName, HostName, Label, Name, SetId, TreePath, _Word

NEVER = ("", "/", "../x", "a/b", "..", "a\0b", "a\nb", "a\x1b[2J", "a b", "é", "x" * 300)


@pytest.mark.parametrize("kind", [Name, HostName, Label, SetId, Digest, FileMode])
@pytest.mark.parametrize("text", NEVER)
def test_what_could_lead_elsewhere_is_no_name(kind: type[_Word], text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected "):
        kind.parse(text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Name, "his"),
        (Name, "his1_server"),
        (HostName, "his1.hospital.example"),
        (HostName, "his-1"),
        (Label, "database"),
        (Label, "database.odd_na_me_2"),
        (Label, "tree.log"),
        (SetId, "7481305f-98d8-462a-b3c2-6d5dbcc6ee8d"),
        (Digest, "0f" * 32),
        (FileMode, "0640"),
        (FileName, "vendor export (1).dmp"),
        (TreePath, "/"),
        (TreePath, "/srv/a\nb/..c"),
        (DatabaseName, 'odd "na/me" of 1999\n'),
    ],
)
def test_what_is_used_is_one(kind: type[_Word], text: str) -> None:
    assert kind.parse(text) == text


@pytest.mark.parametrize("text", [".", "a.", ".a", "a..b", "a.b.c.d", "a./b", "-a", "a.-b"])
def test_a_label_has_plain_words_between_its_dots(text: str) -> None:
    assert not Label.fits(text)


@pytest.mark.parametrize("text", ["", ".", "..", "a/b", "/etc/passwd", "a\nb", "a\x7f", "x" * 256, "é" * 128])
def test_a_file_name_leads_nowhere(text: str) -> None:
    assert not FileName.fits(text)


@pytest.mark.parametrize("text", ["", "srv", "/srv/../etc", "/..", "/a/..", "/a\0b", "/" + "x" * 4096])
def test_a_path_leads_down_alone(text: str) -> None:
    assert not TreePath.fits(text)


@pytest.mark.parametrize("text", ["", "a\0b", "x" * 256])
def test_no_server_names_a_database_so(text: str) -> None:
    assert not DatabaseName.fits(text)
