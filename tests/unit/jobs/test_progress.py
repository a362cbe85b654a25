import time

import pytest

from ops.jobs.run.progress import EVERY_SECONDS, Progress

STATUS = (1 << 30, 4 << 30)


def test_a_long_act_says_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    begun = time.monotonic() - EVERY_SECONDS
    Progress("his: database", begun=begun, said=begun).tell(*STATUS)
    assert capsys.readouterr().out == "his: database: 1 GiB of 4 GiB read, about 1min 30s left\n"


def test_a_stream_has_no_known_end(capsys: pytest.CaptureFixture[str]) -> None:
    Progress("his: database", said=time.monotonic() - EVERY_SECONDS).tell(1 << 20)
    assert capsys.readouterr().out == "his: database: 1 MiB read\n"


def test_a_short_act_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Progress("his: database").tell(*STATUS)
    assert capsys.readouterr().out == ""
