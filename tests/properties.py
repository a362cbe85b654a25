"""How properties are tried: the same examples on every machine, none kept, and none late because a machine is busy."""

from pathlib import Path

from hypothesis import HealthCheck, Phase, configuration, settings

configuration.set_hypothesis_home_dir(Path(__file__).parents[1] / ".cache" / "hypothesis")


def examples(count: int) -> settings:
    """Return what is put over a test that holds for all values: how many are tried; a failure is not made smaller."""
    slow = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
    phases = (Phase.explicit, Phase.generate)  # to shrink a failure may take minutes
    return settings(
        phases=phases,
        report_multiple_bugs=False,
        max_examples=count,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=slow,
        print_blob=False,
    )
