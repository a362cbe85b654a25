"""Measuring two or more ways of doing the same, in turn, so that a busy machine is unfair to all of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping


def medians(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Do each way once to warm up, then in turn; return the median seconds of each."""
    for work in ways.values():
        work()
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            started = time.perf_counter()
            work()
            taken[name].append(time.perf_counter() - started)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def table(title: str, seconds: Mapping[str, float], against: str, aim: str = "") -> str:
    """Return the seconds of each way with its ratio to one of them."""
    lines = [title + (f" (aim: {aim})" if aim else "")]
    lines += [f"  {name:<44}{took:>9.3f} s{took / seconds[against]:>8.2f}" for name, took in seconds.items()]
    return "\n".join(lines)
