"""The sheet of keys: each typing error is named by its line, nothing else; what was printed comes back."""

import subprocess
from pathlib import Path

import pytest

from ops.core.errors import UsageError
from ops.core.verdict import Verdict
from ops.fleet.key_sheet import form, trial
from ops.fleet.key_sheet.render import BY_HAND, html, text
from ops.fleet.secrets.unlocked import RepositoryAccess
from ops.policy.model import Site

PASSWORD = "abcdefghijkmnpqrstuvwxyz23456789abcdefgh"
DOOR = RepositoryAccess(
    "his1", "offsite", "rest_server", "offsite1", "offsite1:8000/his1/", "his1", PASSWORD[::-1], PASSWORD
)
DOTTED = RepositoryAccess(
    "lis.example", "offsite", "rest_server", "offsite1", "offsite1:8000/lis.example/", "lis.example", "kmnpq", "rstuv"
)
KINDS = {"offsite": "rest_server"}
SITE = Site("Test hospital")


def sheet(
    vault: str | None = "Correct-Horse/9+x", doors: tuple[RepositoryAccess, ...] = (DOOR, DOTTED)
) -> list[form.Block]:
    return form.blocks(doors, "ab12" * 16, {"offsite1": "192.0.2.9"}, vault)


def printed(blocks: list[form.Block]) -> str:
    return text(blocks, SITE, "somebody")


def test_what_was_printed_comes_back() -> None:
    read = form.read(printed(sheet()))
    assert (read.wrong, read.lacks()) == ([], [])
    assert list(read.doors(KINDS)) == [DOOR, DOTTED]
    assert read.values["authority/sha256"] == "ab12" * 16
    assert read.values["offsite1/host"] == "192.0.2.9"
    assert read.values["vault/password"] == "Correct-Horse/9+x"


def test_a_repository_on_a_disk_has_an_address_and_a_password_and_is_tried_by_hand(tmp_path: Path) -> None:
    disk = RepositoryAccess("his1", "disks", "removable", "", "/srv/disks/disk/his1", "", "", PASSWORD)
    read = form.read(printed(sheet(doors=(DOOR, disk))))
    assert (read.wrong, read.lacks()) == ([], [])
    assert list(read.doors(KINDS | {"disks": "removable"})) == [disk, DOOR]
    assert disk.url == disk.address
    found = trial.tested(disk, read, tmp_path)
    assert (found.verdict, "by hand" in found.message) == (Verdict.UNKNOWN, True)
    lacking = form.read("\n".join(line for line in lines_of(sheet(doors=(disk,))) if "/password" not in line))
    assert lacking.lacks() == ["disks/his1/password"]


def test_blanks_between_groups_do_not_matter_and_those_of_a_phrase_do() -> None:
    typed = printed(sheet(vault="correct horse  battery".replace("  ", " "))).replace(" ", "   ")
    read = form.read(typed)
    assert read.wrong == []
    assert read.values["vault/phrase"] == "correct horse battery"
    assert list(read.doors(KINDS)) == [DOOR, DOTTED]


@pytest.mark.parametrize("vault", ["two  blanks", " before", "tab\there", "", "naïve"])
def test_a_password_that_paper_can_not_carry_is_refused(vault: str) -> None:
    with pytest.raises(UsageError):
        sheet(vault=vault)


def lines_of(blocks: list[form.Block]) -> list[str]:
    return [line for block in blocks for line in block.lines]


def test_every_single_wrong_letter_is_found_in_its_line_and_its_value_never_told() -> None:
    lines = lines_of(sheet(doors=(DOOR,)))
    unseen = 0
    for number, line in enumerate(lines):
        name, value = line.split(" ", 1)
        for place in range(len(value) - 5):
            if value[place] == " ":
                continue
            wrong = f"{name} {value[:place]}{'x' if value[place] != 'x' else 'y'}{value[place + 1 :]}"
            read = form.read("\n".join([*lines[:number], wrong, *lines[number + 1 :]]))
            unseen += read.wrong == []
            assert all(told.startswith(name.rpartition("/")[0]) for told in read.wrong)
            assert not [told for told in read.wrong if value in told or value[:5] in told.partition(":")[2]]
    assert unseen == 0


def test_two_letters_swapped_are_found() -> None:
    line = form.checked("offsite/his1/password/1of2 abcde fghij")
    assert form.read(line.replace("abcde", "abdce")).wrong == [
        "offsite/his1/password/1of2: differs from the printed line; compare it letter by letter"
    ]


@pytest.mark.parametrize("gone", ["offsite/his1/password/2of2", "offsite/his1/password/1of2"])
def test_a_line_left_out_is_named(gone: str) -> None:
    lines = [line for line in lines_of(sheet()) if not line.startswith(gone)]
    read = form.read("\n".join(lines))
    assert read.wrong == [f"{gone}: is missing"]
    assert [door.machine for door in read.doors(KINDS)] == ["lis.example"]


def test_a_line_cut_off_is_named() -> None:
    assert form.read("offsite/his1/password/1of2 abcde fgh").wrong == [
        "offsite/his1/password/1of2: is not a complete line"
    ]


def test_a_repository_without_its_account_is_named() -> None:
    lines = [line for line in lines_of(sheet()) if not line.startswith("offsite/his1/account ")]
    assert form.read("\n".join(lines)).lacks() == ["offsite/his1/account"]


def test_words_around_the_lines_are_passed_over() -> None:
    assert form.read("KEYS OF A HOSPITAL\n\n== The way in ==\nsealed, in the safe 12/11\n").wrong == []


def test_the_check_by_hand_names_the_mistyped_lines_and_no_other(tmp_path) -> None:
    lines = lines_of(sheet())
    lines[-1] = lines[-1].replace("rstuv", "rstvu")
    (tmp_path / "FILE").write_text("\n".join(lines) + "\n")
    done = subprocess.run(["bash", "-c", BY_HAND], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == [lines[-1]]
    assert done.stderr == ""


def test_each_code_holds_exactly_its_blocks_lines() -> None:
    """Page and text show the code of these lines and of no others."""
    import segno

    blocks = sheet(doors=(DOOR,))
    page = html(blocks, SITE, "somebody")
    for block in blocks:
        code = segno.make("\n".join(block.lines), error="m", micro=False, boost_error=False)
        assert code.svg_inline(scale=1.6, border=2) in page
        drawn = printed([block]).splitlines()[-(code.symbol_size(border=2)[1] + 1) // 2 :]
        dark = sum({"█": 2, " ": 0}.get(letter, 1) for line in drawn for letter in line)
        assert dark == sum(map(sum, code.matrix_iter(border=2)))


def test_the_page_escapes_what_it_is_given() -> None:
    page = html(sheet(), Site("Hospital <b>&"), "some<b>ody")
    assert "Hospital &lt;b&gt;&amp;" in page
    assert "<b>ody" not in page
