"""The terminal that tests put programs in: it shows, types, signals and hangs up as a real one."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import pytest

from .programs import Programs
from .terminal import PIPE

SAYS_SIGNALS = """
import os, signal, sys, time

def hear(number, _):
    with open("heard", "a") as file:
        file.write(signal.Signals(number).name)

signal.signal(signal.SIGHUP, hear)
signal.signal(signal.SIGTERM, hear)
open("listens", "w").close()
while not os.path.exists("go"):
    time.sleep(0.01)
sys.exit(9)
"""


def test_the_program_has_the_terminal_for_its_streams_and_controls_it(programs: Programs):
    terminal = programs.bash("tty; test -t 0 && test -t 1 && test -t 2 && echo three; echo to me >/dev/tty")
    assert terminal.wait_exit() == 0
    assert re.fullmatch(r"/dev/pts/\d+\nthree\nto me", terminal.text().rstrip())


def test_it_has_the_size_asked_for_and_then_the_one_it_is_given(programs: Programs):
    terminal = programs.bash("trap 'stty size' WINCH; stty size; while ! read -t 0.05; do :; done")
    terminal.wait_for("12 60")
    terminal.resize(100, 30)
    terminal.wait_for("30 100")
    assert terminal.size == (100, 30)
    assert len(terminal.lines()) == 30


def test_an_app_draws_itself_anew_at_another_size(programs: Programs):
    terminal = programs.app()
    terminal.wait_for("60 columns, 12 rows")
    terminal.resize(44, 20)
    terminal.wait_for("44 columns, 20 rows")


def test_an_app_hears_of_another_size_in_band_where_the_terminal_has_that(programs: Programs):
    terminal = programs.app(in_band_resize=True)
    terminal.wait_for(lambda terminal: "in-band resize on (?2048)" in terminal.modes())
    terminal.resize(44, 20)
    terminal.wait_for("44 columns, 20 rows")


def test_keys_reach_the_program_as_a_terminal_sends_them(programs: Programs):
    terminal = programs.bash("stty raw -echo; echo ready; head -c 15 | od -An -tx1")
    terminal.wait_for("ready")
    terminal.press("q", "ctrl+p", "up", "shift+tab", "alt+x", "é")
    terminal.press("enter", "tab", "backspace")
    terminal.wait_exit()
    sent = " ".join(re.findall(r"\b[0-9a-f]{2}\b", terminal.text()))
    assert sent == "71 10 1b 5b 41 1b 5b 5a 1b 78 c3 a9 0d 09 7f"


def test_cursor_keys_change_with_the_mode_the_program_asks_for(programs: Programs):
    terminal = programs.bash("stty raw -echo; printf '\\e[?1hready'; head -c 3 | od -An -tx1")
    terminal.wait_for("ready")
    terminal.press("up")
    terminal.wait_for("1b 4f 41")


def test_an_unknown_key_is_refused(programs: Programs):
    with pytest.raises(KeyError, match="hyper"):
        programs.bash("sleep 20").press("hyper+x")


def test_ctrl_c_is_a_signal_from_the_kernel_while_the_program_leaves_it_so(programs: Programs):
    terminal = programs.bash("echo waits; exec sleep 20")
    terminal.wait_for("waits")
    terminal.press("ctrl+c")
    assert terminal.wait_exit() == 128 + signal.SIGINT


def test_ctrl_z_stops_the_program_and_the_shell_brings_it_back(programs: Programs):
    terminal = programs.bash('echo waits; read line; echo "read $line"')
    terminal.wait_for("waits")
    terminal.press("ctrl+z")
    assert terminal.wait_stopped() == signal.SIGTSTP
    terminal.to_foreground()
    terminal.send("on\n")
    terminal.wait_for("read on")
    assert terminal.wait_exit() == 0


@pytest.mark.parametrize(("script", "code"), [("exit 3", 3), ("kill -KILL $$", 137), ("kill -TERM $$", 143)])
def test_the_exit_code_is_the_shells(programs: Programs, script, code):
    assert programs.bash(script).wait_exit() == code


def test_a_program_that_is_not_there_ends_with_127(programs: Programs):
    terminal = programs.start("no-such-program")
    assert terminal.wait_exit() == 127
    assert "No such file" in terminal.text()


def test_what_is_written_last_is_there_when_the_program_has_ended(programs: Programs):
    terminal = programs.bash("seq 1 20000")
    terminal.wait_exit()
    assert terminal.raw == "".join(f"{n}\r\n" for n in range(1, 20001)).encode()
    assert "20000" in terminal.text()


def test_a_signal_reaches_the_program(programs: Programs):
    terminal = programs.python(SAYS_SIGNALS)
    terminal.wait_for(lambda _: (programs.folder / "listens").exists())
    terminal.signal(signal.SIGTERM)
    terminal.wait_for(lambda _: heard(programs) == "SIGTERM")
    (programs.folder / "go").touch()
    assert terminal.wait_exit() == 9


def test_a_terminal_that_is_hung_up_sends_sighup_and_is_gone(programs: Programs):
    terminal = programs.python(SAYS_SIGNALS)
    terminal.wait_for(lambda _: (programs.folder / "listens").exists())
    terminal.hang_up()
    terminal.wait_for(lambda _: heard(programs) == "SIGHUP")
    (programs.folder / "go").touch()
    assert terminal.wait_exit() == 9


def test_a_program_that_does_not_listen_dies_of_the_hang_up(programs: Programs):
    terminal = programs.bash("echo waits; exec sleep 20")
    terminal.wait_for("waits")
    terminal.hang_up()
    assert terminal.wait_exit() == 128 + signal.SIGHUP


def heard(programs: Programs) -> str:
    file = programs.folder / "heard"
    return file.read_text() if file.exists() else ""


def test_output_may_go_elsewhere(programs: Programs):
    both = programs.bash("echo out; echo err >&2; test -t 0 && echo typed", stdout=PIPE)
    both.wait_exit()
    assert both.stdout == b"out\ntyped\n"
    assert both.text().strip() == "err"
    none = programs.bash(
        "echo out; echo err >&2; cat", stdin=PIPE, stdout=programs.folder / "out", stderr=PIPE
    )
    assert none.wait_exit() == 0
    assert ((programs.folder / "out").read_bytes(), none.stderr, none.raw) == (b"out\n", b"err\n", b"")


def test_the_environment_is_that_of_a_good_terminal_with_changes(programs: Programs, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    script = 'echo "$TERM $COLORTERM ${NO_COLOR-none} ${HOME-none} $OWN"'
    terminal = programs.bash(script, env={"OWN": "own", "HOME": None, "TERM": "linux"})
    terminal.wait_for("linux truecolor none none own")


def test_words_are_found_by_their_cells(programs: Programs):
    terminal = programs.bash("printf '\\n中 here'; sleep 20")
    terminal.wait_for("here")
    assert terminal.find("here") == (1, 3)
    assert terminal.cell(1, 3).char == "h"
    with pytest.raises(AssertionError, match="'there' is not on the screen"):
        terminal.find("there")


def test_the_mouse_and_a_paste_arrive_where_the_program_asked_for_them(programs: Programs):
    terminal = programs.bash(r"stty raw -echo; printf '\e[?1000;1006;2004hready'; head -c 32 | cat -v")
    terminal.wait_for("ready")
    terminal.click(2, 4)
    terminal.paste("pasted")
    terminal.wait_for("^[[<0;5;3M^[[<0;5;3m^[[200~pasted^[[")


def test_a_program_that_asked_for_no_mouse_is_not_clicked(programs: Programs):
    terminal = programs.bash("sleep 20")
    with pytest.raises(AssertionError, match="not asked for the mouse"):
        terminal.click(0, 0)


def test_nothing_is_read_in_the_middle_of_an_update(programs: Programs, monkeypatch):
    monkeypatch.setattr("on_pty.window.UPDATE_PATIENCE_S", 20.0)
    half, whole = r"printf '\e[?2026hhalf'", r"printf ' and whole\e[?2026l'"
    terminal = programs.bash(f"{half}; sleep 0.3; {whole}; sleep 20")
    assert "half and whole" in terminal.wait_for("half")


def test_the_program_inherits_nothing_of_the_session_but_its_streams(programs: Programs):
    script = """
import os
status = open("/proc/self/status").read()
ignored = int(status.partition("SigIgn:")[2].split()[0], 16)
print("ignored", [number for number in (17, 21, 22) if ignored >> number - 1 & 1])
print("open", [int(name) for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")])
"""
    terminal = programs.python(script, stderr=PIPE)
    terminal.wait_exit()
    assert terminal.lines()[:2] == ["ignored []", "open [0, 1, 2]"]


def test_a_fault_of_the_terminal_is_not_taken_for_one_of_the_program(programs: Programs, monkeypatch):
    def fall_over(emulator, data):
        raise ZeroDivisionError

    monkeypatch.setattr("on_pty.emulator.Emulator.feed", fall_over)
    terminal = programs.bash("echo words; sleep 20")
    with pytest.raises(RuntimeError, match="the terminal itself has failed"):
        terminal.wait_for("words")


def test_waiting_in_vain_shows_the_screen(programs: Programs):
    terminal = programs.bash("echo what there is; sleep 20")
    terminal.wait_for("what there is")
    with pytest.raises(
        AssertionError, match=r"passed without 'never'(.|\n)*60x12, the program runs\n\|what there is"
    ):
        terminal.wait_for("never", within_s=0.2)
    terminal.signal(signal.SIGKILL)
    with pytest.raises(AssertionError, match="the program ended without never"):
        terminal.wait_for(re.compile("never"))


def test_the_screen_is_quiet_once_nothing_comes(programs: Programs):
    terminal = programs.bash(
        "for n in 1 2 3; do echo $n; sleep 0.05; done; read x; while :; do echo $((++i)); done"
    )
    assert terminal.wait_quiet(1.0).split() == ["1", "2", "3"]
    terminal.press("enter")
    with pytest.raises(AssertionError, match="still changes"):
        terminal.wait_quiet(1.0, within_s=0.3)


def test_closing_ends_what_the_program_has_left_in_the_session(programs: Programs):
    terminal = programs.bash("trap '' HUP; sleep 300 & echo \"[$!]\"; exit 0")
    left = int(re.search(r"\[(\d+)\]", terminal.wait_for(re.compile(r"\[\d+\]")))[1])
    terminal.wait_exit()
    os.kill(left, 0)
    terminal.close()
    terminal.close()  # twice is not a fault
    assert gone(left)


def gone(pid: int, within_s: float = 20.0) -> bool:
    """Whether `pid` ends (a zombie has ended)."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False
