"""What a client did with second names is compared with what it was asked: each wrong is named, and a prune is none."""

from collections.abc import Callable
from hashlib import sha256

import pytest

from ops.core.errors import Damaged
from ops.core.names import Digest, Name, SetId
from ops.interfaces.leaving import KeptSet
from ops.keeper.comparing import change, demand_enough, demand_staying, least
from ops.keeper.repository import Stored

DAY = 86_400.0
Files = dict[str, Stored]


def name(word: str) -> str:
    return sha256(word.encode()).hexdigest()


def stored(sort: str, word: str, arrived: float, size: int = 1000, inode: int = 0) -> tuple[str, Stored]:
    path = f"{sort}/{name(word)[:2]}/{name(word)}" if sort == "data" else f"{sort}/{name(word)}"
    return path, Stored(sort, path, size, arrived, inode or int(name(word)[:8], 16))


def repository() -> Files:
    """Three sets, a day apart, each with a pack of its own."""
    found = [("config", Stored("config", "config", 155, 0, 1)), stored("keys", "key", 0)]
    for day in range(3):
        moment = day * DAY
        found += [stored("data", f"pack{day}", moment, size=100_000), stored("index", f"index{day}", moment + 1)]
        found.append(stored("snapshots", f"set{day}", moment + 2))
    return dict(found)


NAMED = frozenset({name("set0")})


def pruned() -> Files:
    """As restic leaves it: one snapshot and its pack gone, and all indexes written anew."""
    gone = [stored("snapshots", "set0", 0), stored("data", "pack0", 0)]
    gone += [stored("index", f"index{day}", 0) for day in range(3)]
    left = {path: one for path, one in repository().items() if path not in dict(gone)}
    return {**left, **dict([stored("index", "new", 3 * DAY)])}


def judged(after: Files, named: frozenset[str] = NAMED) -> str:
    try:
        change(repository(), after, named)
        demand_staying(repository(), after, named, ())
    except Damaged as error:
        return error.message
    return ""


def test_a_prune_is_what_was_asked() -> None:
    found = change(repository(), pruned(), NAMED)
    assert found.of("snapshots") == [f"snapshots/{name('set0')}"]
    assert len(found.of("index")) == 3
    assert found.new == (f"index/{name('new')}",)
    assert judged(pruned()) == ""


def test_locks_and_unfinished_uploads_are_no_part_of_it() -> None:
    upload = f"data/00/{'0' * 64}.rest-server-temp1"
    more = dict([stored("locks", "lock", 0), (upload, Stored("data", upload, 1, 0, 5))])
    assert judged({**pruned(), **more}) == ""


def test_a_pack_that_is_rewritten_makes_up_for_one_that_stays() -> None:
    after = pruned()
    del after[f"data/{name('pack1')[:2]}/{name('pack1')}"]
    assert "sets that stay are gone" in judged(after)
    assert judged({**after, **dict([stored("data", "rewritten", 3 * DAY, size=99_000)])}) == ""


def without(sort: str, word: str) -> Callable[[Files], Files]:
    path, _ = stored(sort, word, 0)
    return lambda files: {one: stays for one, stays in files.items() if one != path}


def with_(sort: str, word: str, size: int = 1000, inode: int = 0) -> Callable[[Files], Files]:
    return lambda files: {**files, **dict([stored(sort, word, 3 * DAY, size, inode)])}


@pytest.mark.parametrize(
    ("hurt", "says"),
    [
        (without("snapshots", "set1"), "is gone"),
        (with_("snapshots", "set0"), "was to go, and is there"),
        (with_("snapshots", "set9"), "has no business there"),
        (without("keys", "key"), "is gone"),
        (with_("keys", "other"), "is a new key"),
        (lambda files: {path: one for path, one in files.items() if path != "config"}, "config is gone"),
        (without("index", "new"), "no index is left"),
        (with_("data", "pack1", inode=7), "was replaced"),
        (with_("index", "small", size=3), "smaller than restic"),
        (with_("data", "garbage", size=10**9), "of new packs came for"),
        (with_("", "strange"), "has no business there"),
        (without("data", "pack2"), "that arrived with sets that stay are gone"),
    ],
)
def test_every_other_change_is_named(hurt: Callable[[Files], Files], says: str) -> None:
    assert says in judged(hurt(pruned()))


def test_packs_of_earlier_runs_are_not_those_of_the_next_set() -> None:
    after = without("data", "pack1")(pruned())
    path, _ = stored("data", "pack1", 0)
    change(repository(), after, NAMED)
    demand_staying(repository(), after, NAMED, {path})


def kept(needs: int, *beside: str) -> KeptSet:
    return KeptSet(
        asset=Name("his"),
        set=SetId("5a87d23c-12a4"),
        arrived=DAY,
        why="all",
        snapshots=(Digest(name("set1")),),
        needs=needs,
        beside=tuple(map(Digest, beside)),
    )


def test_the_card_that_demands_most_counts() -> None:
    there = repository().values()
    assert least(there, [kept(100_000), kept(250_000), kept(0)], NAMED) == 250_000
    assert least(there, [kept(0)], NAMED) == 0


def test_a_card_that_can_t_be_true_takes_nothing_from_the_others() -> None:
    assert least(repository().values(), [kept(300_001), kept(300_000), kept(1 << 60)], NAMED) == 300_000


def test_what_was_measured_beside_a_set_that_leaves_is_not_demanded() -> None:
    there = repository().values()
    assert least(there, [kept(250_000, name("set2"))], NAMED) == 250_000
    for other in ("set0", "of a set that left long ago"):
        assert least(there, [kept(250_000, name("set2"), name(other)), kept(100)], NAMED) == 100


def test_fewer_packs_than_the_sets_that_stay_need_are_too_few() -> None:
    left = pruned()
    demand_enough(left.values(), 200_000)
    demand_enough(left.values(), 222_000)
    for needed in (223_000, 300_000):
        with pytest.raises(Damaged, match="the sets that stay need"):
            demand_enough(left.values(), needed)
    locks = [one for one in left.values() if one.sort != "data"]
    with pytest.raises(Damaged):
        demand_enough(locks, 1)
