from ops.fleet.packaging.mirror import archive

TARGETS = """\
bookworm-security main http://security.example/debian-security/
bookworm contrib http://mirror.example/debian/
bookworm main http://mirror.example/debian/
bookworm-updates main http://mirror.example/debian/
"""


def test_the_archive_is_the_one_with_the_release_itself():
    assert archive(TARGETS, "bookworm") == "http://mirror.example/debian"


def test_an_archive_that_apt_does_not_know_is_none():
    assert archive(TARGETS, "trixie") is None
    assert archive("", "bookworm") is None
