"""Commands that cannot be obeyed: one line on stderr, the exit code of their kind, no traceback.

What goes wrong with plans, checkpoints and run files is in tests/faults.
"""

from __future__ import annotations

from .command import Command


def test_a_name_that_is_neither_file_nor_sample_is_refused_with_the_samples_there_are(faked: Command):
    said = faked("show", "medusa-llama-8b").refused(4)
    assert "medusa-llama-7b-bs4" in said
