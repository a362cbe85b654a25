import pytest

from ops.core.quantity import Duration, Percent, Size, counted


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30min", 1800), ("26h", 93_600), ("7d", 604_800), ("1d 12h", 129_600), ("2y", 63_115_200), ("1h30min", 5400)],
)
def test_durations_have_units(text: str, seconds: int) -> None:
    assert Duration.parse(text).seconds == seconds


@pytest.mark.parametrize("text", ["7", "", "h", "7 apples", "7hours", "-1h", "1.5h", "7dd"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Duration.parse(text)


def test_durations_are_written_in_their_two_largest_units() -> None:
    assert [str(Duration(seconds)) for seconds in (0, 59, 1800, 93_600, 604_800)] == [
        "0s",
        "59s",
        "30min",
        "1d 2h",
        "7d",
    ]


def test_a_written_duration_reads_back() -> None:
    for seconds in (1, 90, 3600, 90_000, 2_592_000):
        assert Duration.parse(str(Duration(seconds))).seconds == seconds


def test_sizes() -> None:
    assert Size.parse("512MiB").bytes == 512 << 20
    assert str(Size(3 << 30)) == "3 GiB"
    assert str(Size(1536)) == "1.5 KiB"
    for text in ("512", "512MB", "x"):
        with pytest.raises(ValueError):
            Size.parse(text)


def test_percentages() -> None:
    assert Percent.parse("15%").value == 15
    for text in ("15", "101%", "-1%"):
        with pytest.raises(ValueError):
            Percent.parse(text)


def test_one_is_said_as_one_and_every_other_number_as_many() -> None:
    assert [counted(number, "key") for number in (0, 1, 2)] == ["0 keys", "1 key", "2 keys"]
    assert counted(3, "repository", "repositories") == "3 repositories"
