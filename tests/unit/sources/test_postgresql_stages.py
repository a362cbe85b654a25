"""In which order the objects of a dump are loaded."""

from ops.sources.postgresql.contents import entries
from ops.sources.postgresql.stages import staged

LIST = """
1; 2615 10 SCHEMA - SET clerk
2; 1259 11 SEQUENCE SET steps clerk
3; 1259 12 MATERIALIZED VIEW DATA kept clerk
4; 0 0 COMMENT public TABLE t clerk
5; 1259 13 TABLE public t clerk
6; 2604 14 DEFAULT ACL seen a clerk
7; 0 0 ACL public TABLE t clerk
8; 0 13 TABLE DATA public t clerk
9; 0 0 SEQUENCE SET SET steps clerk
10; 2606 15 CHECK CONSTRAINT public t t_check clerk
11; 2606 16 CONSTRAINT public t t_pkey clerk
12; 0 12 MATERIALIZED VIEW DATA DATA kept clerk
13; 826 17 DEFAULT ACL public DEFAULT PRIVILEGES FOR TABLES clerk
14; 3466 18 EVENT TRIGGER - watch postgres
15; 1259 19 TABLE public late clerk
"""


def test_definitions_come_before_rows_and_rights_last_whatever_schemas_are_called() -> None:
    parts = staged(entries(LIST), ())
    numbers = [[entry.number for entry in part] for part in (parts.before, parts.rows, parts.after, parts.last)]
    assert numbers == [[1, 2, 3, 5, 6, 10, 15], [8], [9, 11, 12], [4, 7, 13, 14]]


def test_what_is_chosen_is_loaded_in_the_same_order() -> None:
    parts = staged(entries(LIST), {8, 5, 11})
    assert [entry.number for entry in (*parts.before, *parts.rows, *parts.after, *parts.last)] == [5, 8, 11]
