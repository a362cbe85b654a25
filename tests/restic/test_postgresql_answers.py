"""A psql that stays: whose words its answers are."""

from itertools import islice

from throwaway_postgresql import Cluster

from ops.core.run import talk
from ops.sources.postgresql.session import PSQL, Session, connection


def end_of_an_answer() -> str:
    """Return what a new session has its psql say behind an answer."""
    with talk(["cat"], timeout=60, most=1 << 20) as program:
        Session(program).say("select 1")
        *_, echo = islice(program.lines(), 3)
        program.dismiss()
    return echo.removeprefix("\\echo ")


def test_no_value_is_taken_for_the_end_of_an_answer(server: Cluster) -> None:
    """A value may be anybody's; what stood behind such an end would be taken for the next answer."""
    words = f"--dbname={connection('postgres', host=server.socket, user='postgres')}"
    with talk([*PSQL, words], timeout=60, most=1 << 20) as program:
        session = Session(program)
        for end in ("seawall-end-of-answer", end_of_an_answer()):
            assert session.tell(f"select 'x' || chr(10) || '{end}' || chr(10) || '[2]'") == ["x", end, "[2]"]
            assert session.ask("select 1") == 1
        program.dismiss()
