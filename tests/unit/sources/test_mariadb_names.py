"""What names its own database in SQL, and the programs around a dump: the views they add, the names they change."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ops.interfaces.manifest import read
from ops.sources.mariadb.dumping import dumping
from ops.sources.mariadb.loader import Names, loading
from ops.sources.mariadb.own_name import Ambiguous, dump_renamed, named_in, renamed, without
from ops.sources.mariadb.structure import known_by_name, parts_of
from ops.sources.mariadb.views import View, statements

KNOWN = {"drugs", "no", "drugs_seen", "doubled", "lab"}
END = "-- Dump completed"
DUMP = r"""-- MariaDB dump
CREATE TABLE `drugs` (
  `id` int(11) NOT NULL DEFAULT nextval(`lab`.`no`),
  `lab` varchar(9) DEFAULT 'lab.drugs',
);
LOCK TABLES `drugs` WRITE;
INSERT INTO `drugs` VALUES
(1,'lab.drugs `lab`.`drugs`\nDELIMITER ;;');
DELIMITER ;;
/*!50003 trigger lab.drugs_seen before update on lab.drugs for each row set new.lab = 'lab.drugs' */;;
DELIMITER ;
/*!50001 VIEW `old` AS select `lab`.`drugs`.`id` AS `id` from `drugs` */;
-- Dump completed
"""
# A locked table could not take its default from a sequence.
UNLOCKED = DUMP.replace("LOCK TABLES `drugs` WRITE;\n", "")


@pytest.mark.parametrize(
    ("sql", "other", "plain"),
    [
        ("on lab.drugs for", "on lab_b.drugs for", "on drugs for"),
        ("`lab`.`drugs`.`id`", "`lab_b`.`drugs`.`id`", "`drugs`.`id`"),
        ("lab . drugs", "lab_b . drugs", "drugs"),
        ('"lab"."drugs"', '`lab_b`."drugs"', '"drugs"'),
        ("nextval(`lab`.`no`)", "nextval(`lab_b`.`no`)", "nextval(`no`)"),
        ("lab.t.id", "lab_b.t.id", "t.id"),
        *((same, same, same) for same in ("'lab.drugs'", '"lab.drugs"', "'it''s \\' lab.drugs'", "-- lab.drugs\n")),
        *((same, same, same) for same in ("# lab.drugs\n", "/* lab.drugs */", "lab.id from drugs lab", "1.5")),
        *((same, same, same) for same in ("@lab.drugs", "other.lab.drugs", "`lab`@`localhost`", "labs.drugs")),
        ("/*!50003 lab.drugs */", "/*!50003 lab_b.drugs */", "/*!50003 drugs */"),
        ("a-lab.drugs", "a-lab_b.drugs", "a-drugs"),
    ],
)
def test_a_statement_names_another_database_or_none(sql: str, other: str, plain: str) -> None:
    assert renamed(sql, "lab", "lab_b", KNOWN) == other
    assert without(sql, "lab", KNOWN) == plain


def test_names_that_need_quotes_get_them_and_a_name_goes_there_and_back() -> None:
    assert renamed("lab.drugs", "lab", "a `b", KNOWN) == "`a ``b`.drugs"
    assert renamed("`a ``b`.drugs", "a `b", "lab", KNOWN) == "`lab`.drugs"
    there = renamed("lab.drugs `lab`.no", "lab", "lab_restoring", KNOWN)
    assert renamed(there, "lab_restoring", "lab", KNOWN) == "lab.drugs `lab`.no"
    assert named_in("select `lab`.`drugs`.`id` from `lab`.`v` join other.x", "lab") == {"drugs", "v"}


def test_a_name_that_is_an_alias_too_is_not_guessed() -> None:
    with pytest.raises(Ambiguous):
        renamed("select lab.id from lab.drugs lab", "lab", "lab_b", KNOWN)
    assert renamed("`lab` int default nextval(`lab`.`no`)", "lab", "b", KNOWN, plain=True).endswith("`b`.`no`)")
    dump = "x\nDELIMITER ;;\nprocedure p() select lab.id from lab.drugs lab;;\nDELIMITER ;\ny lab.drugs\n"
    assert dump_renamed(dump, "lab", "b", KNOWN) == ("x\ny lab.drugs\n", ["procedure p()"])


def fed(dump: str, only: tuple[str, ...] = (), names: Names | None = None) -> tuple[int, str, str]:
    """Run the loader with a client that shows what it gets."""
    argv = loading(["cat"], only, ["at the end"], names)
    done = subprocess.run(argv, input=dump, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_a_dump_is_loaded_as_it_is_under_its_own_name() -> None:
    assert fed(DUMP) == (0, f"{UNLOCKED}at the end;\n", "")


def test_a_dump_lets_dates_in_that_no_calendar_has_when_it_is_written_and_when_it_is_loaded(tmp_path: Path) -> None:
    mode = "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\n"
    wider = mode.replace("ON_ZERO", "ON_ZERO,ALLOW_INVALID_DATES,NO_UNSIGNED_SUBTRACTION")
    of_a_person = f"DELIMITER ;;\n{mode};;\nDELIMITER ;\n"
    dump = f"-- head\n{{}}{of_a_person}{END} on a day\n"
    assert fed(dump.format(mode)) == fed(dump.format(wider)) == (0, f"{dump.format(wider)}at the end;\n", "")
    renamed = fed(dump.format(mode), names=Names("lab", "lab_b", ()))
    assert renamed == (0, f"{dump.format(wider)}at the end;\n", "")
    (tmp_path / "dump").write_text(dump.format(mode))
    assert dumped(tmp_path, f"cat {tmp_path}/dump")[1].startswith(f"-- head\n{wider}{of_a_person}-- the views\n")


def test_under_another_name_only_what_names_the_database_is_changed() -> None:
    code, given, _ = fed(DUMP, names=Names("lab", "lab_b", frozenset(KNOWN)))
    assert code == 0
    changed = [(old, new) for old, new in zip(UNLOCKED.splitlines(), given.splitlines(), strict=False) if old != new]
    assert [new for _, new in changed] == [
        "  `id` int(11) NOT NULL DEFAULT nextval(`lab_b`.`no`),",
        "/*!50003 trigger lab_b.drugs_seen before update on lab_b.drugs for each row set new.lab = 'lab.drugs' */;;",
        "/*!50001 VIEW `old` AS select `lab_b`.`drugs`.`id` AS `id` from `drugs` */;",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "t\nDELIMITER ;;\nx",
        "t;\nDELIMITER ;;\nx",
        "t``\n/*!50003 */ ;\nDELIMITER ;;\nx",
        "t'\nDELIMITER ;;\n\"x",
        "t\n-- Table structure for table `b`\nx".replace("`", "``"),
        "t\nLOCK TABLES ``t`` WRITE;\nx",
    ],
)
def test_a_name_that_holds_lines_of_a_dump_is_none_of_them(name: str) -> None:
    heads = ("CREATE TABLE {} (\n", "(PARTITION {} VALUES IN (1),\n", "  {} int,\n", "INSERT INTO {} VALUES\n")
    text = "".join(head.format(f"`{name}`") for head in heads)
    routine = "DELIMITER ;;\nprocedure p() update lab.drugs set a = 'it''s';;\nDELIMITER ;\n"
    dump = f"{text}(1,'it''s'),\n{routine}{text}{END}\n"
    code, given, said = fed(dump, names=Names("lab", "lab_b", frozenset(KNOWN)))
    assert (code, said) == (0, "")
    assert given == f"{dump.replace('lab.drugs', 'lab_b.drugs')}at the end;\n"
    only = f"-- Table structure for table `a`\n{dump}"
    code, given, said = fed(only, ("a",))
    assert (code, given, said) == (0, f"{only}at the end;\n", "")


@pytest.mark.parametrize(
    "open_", ["CREATE TABLE `t\n", "  `a` int COMMENT 'x\n", "DELIMITER ;;\nprocedure p() select 1;;\n"]
)
def test_a_dump_in_which_something_has_no_end_is_not_loaded_whole(open_: str) -> None:
    code, _, said = fed(f"{open_}{END}\n", names=Names("lab", "lab_b", frozenset(KNOWN)))
    assert code == 1
    assert "without an end" in said


def test_what_cannot_be_told_apart_ends_the_load_and_is_named() -> None:
    dump = f"DELIMITER ;;\nCREATE PROCEDURE `p`() select lab.id from lab.drugs lab;;\nDELIMITER ;\n{END}\n"
    code, given, said = fed(dump, names=Names("lab", "b", frozenset(KNOWN)))
    assert code == 1
    assert "PROCEDURE `p`() uses the name lab for its database and for something else" in said
    assert "lab.id" not in given


def test_a_dump_that_was_cut_off_is_told_under_any_name() -> None:
    assert "truncated" in fed(DUMP[:-30], names=Names("lab", "b", frozenset(KNOWN)))[2]


def test_a_routine_that_looks_like_a_table_moves_nothing() -> None:
    body = "DELIMITER ;;\nprocedure p() begin\n-- Table structure for table `a`\nend;;\nDELIMITER ;\n"
    dump = f"-- Table structure for table `b`\nb\n-- Dumping routines for database 'lab'\n{body}{END}\n"
    assert "-- Table structure for table `a`" not in fed(dump, only=("b",), names=Names("lab", "x", frozenset()))[1]


def dumped(tmp_path: Path, script: str) -> tuple[int, str, str]:
    """Run the program around mariadb-dump with a shell script in its place."""
    addition = tmp_path / "addition.sql"
    addition.write_text("-- the views\n")
    argv = dumping(["sh", "-c", script], END, str(addition))
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_what_is_added_comes_before_the_end_of_a_whole_dump(tmp_path: Path) -> None:
    assert dumped(tmp_path, f"printf 'one\\n{END} on a day\\n\\n'") == (0, f"one\n-- the views\n{END} on a day\n\n", "")
    code, given, _ = dumped(tmp_path, f"head -c 3000000 /dev/zero | tr '\\0' 'x'; printf '\\n{END}\\n'")
    assert (code, len(given)) == (0, 3_000_000 + len(f"\n-- the views\n{END}\n"))


def test_a_dump_without_an_end_or_whose_program_failed_is_none_and_its_words_are_told(tmp_path: Path) -> None:
    code, _, said = dumped(tmp_path, "printf 'one\\ntwo\\n'")
    assert (code, "is truncated" in said) == (1, True)
    code, _, said = dumped(tmp_path, f"echo '{END}'; echo \"mariadb-dump: View 'lab.v' is broken\" >&2; exit 2")
    assert (code, said) == (2, "sh exited with code 2: mariadb-dump: View 'lab.v' is broken\n")
    assert dumping(["x"], END, "y")[0] == sys.executable


SAID = """CREATE TABLE `t` (
  `a b` int(11) DEFAULT NULL COMMENT 'x\\ny',
  `b` int(11) DEFAULT 1 CHECK (`b` > 0),
  PRIMARY KEY (`b`),
  UNIQUE KEY `u` (`a b`),
  CONSTRAINT `f` FOREIGN KEY (`b`) REFERENCES `o` (`id`),
  CONSTRAINT `c` CHECK (`a b` > 1)
) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COMMENT=' AUTO_INCREMENT=8'
 PARTITION BY HASH (`b`)
PARTITIONS 3"""


def test_each_line_of_a_table_is_one_definition_and_the_counter_is_none() -> None:
    assert [(sort, row[0]) for sort, row in parts_of("t", SAID)] == [
        *(("column", "t.a b"), ("column", "t.b"), ("index", "t.PRIMARY"), ("index", "t.u"), ("foreign key", "t.f")),
        *(("check", "t.c"), ("table", "t"), ("partition", "t"), ("partition", "t")),
    ]
    (options,) = [row for sort, row in parts_of("t", SAID) if sort == "table"]
    assert options[1] == ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT=' AUTO_INCREMENT=8'"


def test_a_set_of_an_earlier_form_is_compared_by_names() -> None:
    kept = Path(__file__).parents[1] / "interfaces/manifests/lab.json"
    facts = next(
        part.facts for part in read(kept.read_bytes(), "manifest.json").parts.values() if part.kind == "mariadb"
    )
    found = known_by_name(facts.structure)
    assert {*found} <= {"table", "view", "routine", "trigger", "event", "sequence"}
    assert "table" in found
    assert found["table"].count == len(facts.structure["table"].objects)


def view(name: str, query: str, *reads: str) -> View:
    return View(name, query, "NONE", "a@b", "DEFINER", "UNDEFINED", "utf8mb4_bin", frozenset(reads))


def test_views_are_made_after_what_they_read_and_as_they_were_before_it() -> None:
    words = "\n".join(statements([view("below", "1"), view("above", "2")]))
    order = [words.index(word) for word in ("INVOKER VIEW `below`", "INVOKER VIEW `above`", "DEFINER VIEW `above`")]
    assert order == sorted(order)
    assert words.index("DEFINER=`a`@`b` SQL SECURITY DEFINER VIEW `below`") > order[-1]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n*/", "`\n", "\n`"])
def test_no_name_of_a_view_ends_the_comment_that_announces_it(end: str) -> None:
    """What stands behind a comment is run by whoever loads the dump, as the server's root."""
    lines = "\n".join(statements([view(f"v{end};create database owned;-- x", "1")])).split("\n")
    run = "\n".join(line for line in lines if not line.startswith("--"))
    assert "owned" in run
    assert "owned" not in re.sub("`(?:[^`]|``)*`", "", run)
