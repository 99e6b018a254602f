"""What may go wrong, and what the user then sees: the rows that the tests of this folder are named after."""

from __future__ import annotations

import re

ROWS: dict[int, tuple[str, str]] = {
    1: ("kill -9 of the measuring child", "the cell failed (signal 9), a new child goes on with the sweep"),
    2: ("kill -9 of specprof itself", "the journal can be read; the child is gone within a second"),
    3: ("Ctrl-C once, twice", "stops after the sample, saved, 130; twice: at once, the journal whole"),
    4: ("SIGTERM, as a batch system sends it", "saved within 5 s, terminal restored, 143"),
    5: ("SIGHUP, a connection that drops", "saved, 129; nohup is honoured"),
    6: ("stopped and continued within a cell", "that cell is invalid: suspended"),
    7: ("the measuring child hangs", "killed after its time; the cell failed (timeout)"),
    8: ("the disk is full while measuring", "stops, what was finished is kept, 5"),
    9: ("the disk is too full for the result", "the older file is intact, the journal kept, 5"),
    10: ("a folder that takes no files", "refused before the model is loaded, 5"),
    11: ("the output exists", "refused without --force, 5"),
    12: ("the output is a link, a pipe or a folder", "refused, forced or not, 5"),
    13: ("two writers of one file", "the second is refused by a lock, 5"),
    14: ("out of memory in a cell", "the cell is oom; later cells are as in a clean run"),
    15: ("out of memory for the model", "3, with what is needed against what is free"),
    16: ("an illegal access in a kernel", "the cell failed; a new child goes on"),
    17: ("no NVML", "the run completes unverified, with the remedy"),
    18: ("NVML and driver of different versions", "the run completes unverified, with the remedy"),
    19: ("the GPU is lost", "stops, saved as partial, 3"),
    20: ("NVML gives errors in the run", "a gap is recorded, measuring goes on"),
    21: ("NVML hangs in the run", "a gap is recorded, measuring goes on"),
    22: ("NVML crashes in the run", "a gap is recorded, measuring goes on"),
    23: ("the thermal bit is set", "the cell is invalid, with the reason"),
    24: ("another process on the GPU", "a warning with its pid"),
    25: ("CUDA_VISIBLE_DEVICES reversed, by UUID, of a slice, empty", "the right GPU is read, or 3"),
    26: ("several unlike GPUs", "the right GPU is read, or 3"),
    27: ("no GPU, or a driver too old", "the CPU by default, 3 where CUDA was asked for; replay works"),
    28: ("a terminal of 20×5, of 1×1, a storm of resizes", "says that it is too small, and recovers"),
    29: ("TERM=dumb or unset", "headless, no escape on stdout"),
    30: ("no terminal", "headless, no escape on stdout"),
    31: ("a reader that leaves: | head -1", "no noise; the run file is complete"),
    32: ("stdin closed", "headless works"),
    33: ("LC_ALL=C without UTF-8", "ASCII on screen, files are UTF-8 still"),
    34: ("HOME unset or not writable", "works with explicit paths"),
    35: ("the wall clock steps back an hour", "durations are monotonic"),
    36: ("a file cut at any byte", "the finished part is shown, marked incomplete"),
    37: ("bits flipped at random", "4, or a warning"),
    38: ("empty, a byte order mark, UTF-16, binary", "4, one line"),
    39: ("10 GB sparse, a line of 100 MB, a pipe, /dev/zero", "refused within 200 MB and 2 s"),
    40: ("NaN, 1e999, 10^400, true as a number", "4, with the path in the document"),
    41: ("nested 100,000 deep, keys twice", "4"),
    42: ("terminal escapes, bidi, zero width, surrogates in any string", "none reaches the terminal"),
    43: ("markup of rich and Textual in any string", "shown as text, nothing happens"),
    44: ("a newer schema; an unknown field", "refused with both versions; ignored"),
    45: ("times that go back, a gap of 10^9 s", "held or shortened, and said"),
    46: ("no end, wrong counts, impossible statistics", "marked; statistics are recomputed from the samples"),
    47: ("resumed with another plan, device or version", "refused, with the differences"),
    48: ("a count twice or out of order", "sorted, each once, and said"),
    49: ("a count of 0, −1, 1.5, 2^63", "2, before any device is touched"),
    50: ("positions beyond a checkpoint's", "2"),
    51: ("more than 10,000 cells", "2"),
    52: ("a checkpoint that is not there", "3 with its path, and no network"),
    53: ("a shard that is missing or cut; ../ in an index", "3, and no way out of the folder"),
    54: ("a checkpoint of pickled weights", "refused, nothing in it runs"),
    55: ("a config that names code", "refused, nothing of it runs"),
    56: ("another architecture", "3, with what is supported"),
}  # fmt: skip
"""Row number: the fault, what is expected."""

_NAME = re.compile(r"test_rows?_(\d\d(?:_\d\d)*(?:_to_\d\d)?)_")


def rows_of(test_name: str) -> tuple[int, ...]:
    """The rows in a test's name: `test_row_09_…`, `test_rows_08_09_…`, `test_rows_49_to_51_…`; or ()."""
    found = _NAME.match(test_name)
    if found is None:
        return ()
    first, _, last = found[1].partition("_to_")
    numbers = [int(number) for number in first.split("_")]
    return tuple(numbers) if not last else tuple(range(numbers[0], int(last) + 1))
