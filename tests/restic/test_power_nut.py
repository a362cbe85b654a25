"""A conductor on the real upsd and upsmon: a dozen courses, side by side; `make courses` plays two hundred more."""

import multiprocessing
import os
import sys
import traceback
from pathlib import Path

from power_courses import COURSES
from throwaway_nut import ONLY_ROOT, programs

pytestmark = ONLY_ROOT


def played(words: str, folder: Path) -> None:
    """Play a course in this process, which is its own; what was wrong is written to its folder."""
    folder.mkdir()
    os.environ["SEAWALL_ROOT"] = str(folder)
    with (folder / "said").open("w", encoding="utf-8", buffering=1) as said:
        sys.stdout = sys.stderr = said
        try:
            COURSES[words](folder)
        except BaseException:  # noqa: BLE001 -- whatever it is, the course has failed
            traceback.print_exc()
            sys.exit(1)


def test_a_dozen_courses_on_real_nut(tmp_path: Path) -> None:
    programs()
    forked = multiprocessing.get_context("fork")  # all that they import is there already
    folders = {words: tmp_path / str(number) for number, words in enumerate(COURSES)}
    processes = {words: forked.Process(target=played, args=[words, folder]) for words, folder in folders.items()}
    for process in processes.values():
        process.start()
    for process in processes.values():
        process.join()
    wrong = [words for words, process in processes.items() if process.exitcode]
    assert "\n".join(f"{words}: {(folders[words] / 'said').read_text('utf-8')[-3000:]}" for words in wrong) == ""
