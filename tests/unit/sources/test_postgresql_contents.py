"""What an archive of pg_dump lists: its objects by sort, name and need, and which of them belong to some tables."""

from dataclasses import replace

import pytest

from ops.core.errors import Damaged, UsageError
from ops.sources.postgresql.contents import Entry, entries, meant, parsed, selected
from ops.sources.postgresql.facts import DatabaseFacts

LISTING = """;
; Archive created at 2026-11-26 22:18:42 UTC
3436; 0 0 ENCODING - ENCODING postgres
6; 2615 16387 SCHEMA - billing clerk
9; 2615 16388 SCHEMA - DATA clerk
856; 1247 16391 TYPE billing state postgres
;	depends on: 6
218; 1259 16400 TABLE billing customers odd role x
;	depends on: 6
217; 1259 16399 SEQUENCE billing customers_id_seq postgres
;	depends on: 218 6
220; 1259 16411 TABLE billing invoices postgres
;	depends on: 856 6
221; 1259 16412 TABLE DATA rows postgres
;	depends on: 9
3262; 2604 16403 DEFAULT billing customers id postgres
;	depends on: 218 217 218
3441; 0 0 COMMENT billing TABLE invoices postgres
;	depends on: 220
3421; 0 16400 TABLE DATA billing customers odd role x
;	depends on: 218
3423; 0 16411 TABLE DATA billing invoices postgres
;	depends on: 220
3424; 0 16412 TABLE DATA DATA rows postgres
;	depends on: 221
3444; 0 0 SEQUENCE SET billing customers_id_seq postgres
;	depends on: 217
3267; 2606 16407 CONSTRAINT billing customers customers_pkey postgres
;	depends on: 218
3268; 1259 16426 INDEX billing invoices_a_idx postgres
;	depends on: 220
3275; 2606 16421 FK CONSTRAINT billing invoices invoices_c_fkey postgres
;	depends on: 3267 220 218
3500; 2620 16500 TRIGGER billing invoices noted postgres
;	depends on: 220
"""
FACTS = DatabaseFacts(
    server_version="15.9",
    major=15,
    encoding="UTF8",
    collate="C",
    ctype="C",
    bytes=1,
    large_objects=0,
    rows={"billing.customers": 1, "billing.invoices": 1, '"DATA".rows': 1},
    extensions={},
    roles=("postgres", "clerk", "odd role x"),
    sequences={"billing.customers_id_seq": 1},
)
KNOWN = ["billing.invoices", "public.samples", "arch.samples", 'public."a.b"', "a.b", 'public."odd ""x"', '"S p".t']


def numbers(*tables: str, constraints: bool = False) -> list[int]:
    return list(selected(entries(LISTING), FACTS, tables, constraints=constraints).numbers)


def test_objects_are_told_by_sort_place_and_need() -> None:
    listed = {entry.number: entry for entry in entries(LISTING)}
    assert listed[220] == Entry(220, "TABLE", "billing invoices postgres", (856, 6))
    assert listed[221] == Entry(221, "TABLE", "DATA rows postgres", (9,))
    assert listed[3424] == Entry(3424, "TABLE DATA", "DATA rows postgres", (221,))
    assert listed[3275].name == "fk constraint billing.invoices invoices_c_fkey"
    assert listed[6].name == "schema billing"


def test_a_table_comes_with_what_it_needs_and_what_is_its_own() -> None:
    assert numbers("billing.invoices") == [6, 856, 220, 3441, 3423]
    assert numbers("customers") == [6, 218, 217, 3262, 3421, 3444]
    assert numbers('"DATA".rows') == [9, 221, 3424]


def test_constraints_come_when_they_are_wanted_and_what_they_refer_to_is_there() -> None:
    alone = selected(entries(LISTING), FACTS, ["invoices"], constraints=True)
    assert alone.numbers == (6, 856, 220, 3441, 3423, 3268)
    assert alone.left == ("fk constraint billing.invoices invoices_c_fkey",)
    both = selected(entries(LISTING), FACTS, ["invoices", "customers"], constraints=True)
    assert {3267, 3268, 3275} < {*both.numbers}
    assert both.left == ()


def test_a_table_that_is_not_in_the_set_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"the set has no table billing\.invoice.*billing\.invoices"):
        numbers("billing.invoice")


def test_two_objects_that_can_be_meant_are_refused() -> None:
    odd = LISTING + "9000; 1259 99 TABLE billing invoices clerk\n"
    with pytest.raises(Damaged, match="2 objects that can be the table billing"):
        selected(entries(odd), FACTS, ["billing.invoices"], constraints=False)
    other = LISTING + "9000; 1259 99 TABLE billing invoices of last year clerk\n"
    assert 9000 not in selected(entries(other), FACTS, ["billing.invoices"], constraints=False).numbers
    lone = replace(FACTS, roles=())  # an owner that the manifest does not know is no reason to refuse
    assert 220 in selected(entries(LISTING), lone, ["billing.invoices"], constraints=False).numbers


@pytest.mark.parametrize(
    ("word", "tables"),
    [
        ("invoices", ["billing.invoices"]),
        ("samples", ["public.samples", "arch.samples"]),
        ("arch.samples", ["arch.samples"]),
        ("a.b", ["a.b"]),
        ('"a.b"', ['public."a.b"']),
        ("public.a.b", ['public."a.b"']),
        ('odd "x', ['public."odd ""x"']),
        ("S p.t", ['"S p".t']),
        ("b", ["a.b"]),
        ("nothing", []),
    ],
)
def test_a_word_means_tables_as_people_write_them(word: str, tables: list[str]) -> None:
    assert meant(word, KNOWN) == tables


def test_a_name_without_schema_is_none_of_a_manifest() -> None:
    assert parsed('"S "" p"."t.u"') == ('S " p', "t.u")
    with pytest.raises(Damaged, match="no name with a schema"):
        parsed("patients")
