"""When files may be deleted: what can't be fulfilled, or would let files go that are in no copy, is refused."""

import pytest

from ops.policy.deletable import Deletable


@pytest.mark.parametrize(("copies", "elsewhere"), [(0, 0), (1, 2), (2, -1)])
def test_what_nothing_can_fulfil_is_refused(copies: int, elsewhere: int) -> None:
    with pytest.raises(ValueError):
        Deletable(copies, elsewhere)


@pytest.mark.parametrize(("copies", "elsewhere"), [(1, 0), (2, 2), (3, 1)])
def test_all_else_is_a_site_s_own_choice(copies: int, elsewhere: int) -> None:
    assert Deletable(copies, elsewhere).elsewhere == elsewhere
