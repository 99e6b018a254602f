"""What kinds of terminal get: escapes, colours and signs that they can show, and nothing else."""

from __future__ import annotations

import re
import signal
import time

from specprof.tui.screens.live import FINDINGS_S

from .conftest import SMALL, WITH_FAKE_CHILD, Specprof

COLOUR = re.compile(rb"\x1b\[[0-9;]*(?<![0-9])(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?![0-9])[0-9;]*m")


def test_headless_is_headless_in_a_terminal_too(specprof: Specprof):
    terminal = specprof.run("--headless")
    assert terminal.wait_exit() == 0
    assert b"\x1b[?1049h" not in terminal.raw


def test_no_colour_leaves_no_colour_and_tells_curves_apart_by_letters(specprof: Specprof):
    terminal = specprof.run(NO_COLOR="1")
    terminal.wait_for("1 Speed")
    terminal.wait_quiet(0.3)
    text = terminal.text()
    terminal.press("q")
    terminal.wait_exit()
    assert not COLOUR.search(terminal.raw)
    assert "★a" in text
    assert "★b" in text


def test_no_colour_set_to_nothing_asks_for_nothing(specprof: Specprof):
    terminal = specprof.run(NO_COLOR="")
    terminal.wait_for("1 Speed")
    terminal.press("q")
    terminal.wait_exit()
    assert COLOUR.search(terminal.raw)


def test_sixteen_colours_get_sixteen_and_letters(specprof: Specprof):
    terminal = specprof.run(TERM="xterm", COLORTERM=None)
    terminal.wait_for("1 Speed")
    terminal.wait_quiet(0.3)
    text = terminal.text()
    terminal.press("q")
    terminal.wait_exit()
    assert b"38;2;" not in terminal.raw
    assert b"38;5;" not in terminal.raw
    assert COLOUR.search(terminal.raw)
    assert "★a" in text


def test_the_ascii_option_does_the_same(specprof: Specprof):
    terminal = specprof.run("--ascii")
    terminal.wait_for("1 Speed")
    terminal.press("q")
    assert terminal.wait_exit() == 0
    assert terminal.raw.isascii()


def test_no_frame_is_blank_once_the_first_one_is_drawn(specprof: Specprof):
    terminal = specprof.run()
    terminal.wait_for("1 Speed")
    for key in ("2", "6", "?", "escape", "1"):
        terminal.press(key)
        terminal.wait_quiet(0.3)
    assert terminal.blank_frames() == []
    terminal.press("q")
    terminal.wait_exit()


def test_where_nothing_changes_nothing_is_drawn(specprof: Specprof):
    terminal = specprof("replay", "llama-7b-cpu-bs1")
    terminal.wait_for("Findings")
    terminal.press("space")
    terminal.wait_for("paused")
    for keys in ((), ("l",)):
        terminal.press(*keys)
        terminal.wait_quiet(FINDINGS_S + 1, within_s=60)
    assert "Esc closes" in terminal.text()


def test_a_suspended_app_gives_the_terminal_back_and_takes_it_again(specprof: Specprof):
    specprof.stage.does((0, "sample 15", "pause"))
    terminal = specprof.run()
    terminal.wait_for("Batch Size: 1")
    terminal.press("ctrl+z")
    terminal.wait_stopped()
    terminal.wait_quiet(0.5)  # what it wrote before may not be read yet
    terminal.assert_restored()
    terminal.to_foreground()
    terminal.wait_for("Batch Size: 1")
    specprof.stage.goes_on()
    terminal.wait_for("1 Speed")
    terminal.press("q")
    assert terminal.wait_exit() == 0
    terminal.assert_restored()


def test_an_app_that_was_stopped_without_a_word_goes_on_with_its_keys(specprof: Specprof):
    specprof.stage.does((0, "sample 15", "pause"))
    terminal = specprof.run()
    terminal.wait_for("Batch Size: 1")
    for _ in range(3):
        terminal.signal(signal.SIGSTOP)
        terminal.wait_stopped()
        terminal.resize(80, 24) if terminal.size[0] == 120 else terminal.resize(120, 40)
        terminal.to_foreground()
        terminal.wait_for("[Cells]" if terminal.size[0] == 80 else "Notices ─")
        for _ in range(3):
            terminal.press("?")
            terminal.wait_for("Esc closes", within_s=5)
            terminal.press("?")
            terminal.wait_for(lambda seen: "Esc closes" not in seen.text(), within_s=5)
    specprof.stage.goes_on()
    terminal.wait_for("1 Speed")
    terminal.press("q")
    assert terminal.wait_exit() == 0
    terminal.assert_restored()


def test_a_flood_leaves_the_keys_alive(specprof: Specprof):
    specprof.stage.does((0, "sample 15", "flood 80000"))
    terminal = specprof.run()
    terminal.wait_for("Batch Size: 1")
    began = time.monotonic()
    while not any("flooded" in line for line in specprof.stage.log()) and time.monotonic() - began < 20:
        terminal.press("?")
        terminal.wait_for("Esc closes")
        terminal.press("escape")
        terminal.wait_for(lambda seen: "Esc closes" not in seen.text())
    terminal.wait_for("1 Speed", within_s=60)
    terminal.press("q")
    terminal.wait_exit()
    terminal.assert_restored()


def test_a_run_that_ends_does_not_take_the_help_away(specprof: Specprof):
    specprof.stage.does((0, "sample 15", "pause"))
    terminal = specprof.run()
    terminal.wait_for("Batch Size: 1")
    terminal.press("?")
    terminal.wait_for("Esc closes")
    specprof.stage.goes_on()
    terminal.wait_for(lambda seen: (specprof.home / "run.json").exists())
    time.sleep(0.5)  # what is asked for here is that nothing comes
    assert "Esc closes" in terminal.text()
    terminal.press("escape")
    terminal.wait_for("1 Speed")
    terminal.press("q")
    terminal.wait_exit()
    terminal.assert_restored()


def test_the_app_process_never_imports_torch(specprof: Specprof):
    watching = (
        "import sys, atexit; sys.path.insert(0, sys.argv.pop(1)); from pathlib import Path; "
        "from with_fake_child import main, put_in_place; put_in_place(Path(sys.argv.pop(1)));"
        "atexit.register(lambda: Path('modules').write_text(' '.join(sys.modules))); main()"
    )
    program = ("-c", watching, str(WITH_FAKE_CHILD.parent), str(specprof.stage.folder))
    terminal = specprof("run", *SMALL, "--output", "run.json", program=program)
    terminal.wait_for("1 Speed")
    terminal.press("q")
    terminal.wait_exit()
    modules = (specprof.home / "modules").read_text().split()
    assert "textual" in modules
    assert not {"torch", "transformers", "pynvml"} & set(modules)


def test_the_last_of_many_quick_resizes_is_the_one_that_shows(specprof: Specprof):
    terminal = specprof.run()
    terminal.wait_for("1 Speed")
    for _ in range(60):
        for columns, rows in ((200, 60), (1, 1), (100, 30)):
            terminal.resize(columns, rows)
        terminal.wait_for("1 Speed", within_s=10)  # in vain once in some hundred, were the loop not told
    terminal.press("q")
    assert terminal.wait_exit() == 0
