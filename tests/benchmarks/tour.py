"""A tour through the app's screens by its keys, again and again, each key with what it must show."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from on_pty.terminal import Terminal, Wanted

PATIENCE_S = 120.0
"""The machine may have other things to do."""
A_WAIT_S = 2.0
THEMES = 7
SIZES = ((80, 24), (20, 5), (200, 60), (1, 1), (100, 30), (120, 40))
CURVES = 5
VIEWS = ["Speedup", "Overhead", "Latency", "Tokens/s", "Floor",
         "Table", "Findings", "Environment", "Schedule", "Breakdown"]  # fmt: skip

REPLAY = re.compile(r"replay(: \w+)? (×|max)")
RESULTS = re.compile(r"\[\d \w+")
RUNS = re.compile(r"^Runs  .*Enter Open", re.DOTALL)
PLAN = "Enter starts it"
NO_CROSSHAIR = "arrow keys put a crosshair"
FILTER = "/ name, model, device or status"
FOUND = "all findings"
"""What stands in the palette as long as it is open; its placeholder goes with the first letter."""


class ForgetfulTerminal(Terminal):
    """One that keeps its screen but not all that came to it: an hour of that is much."""

    def _came(self, data: bytes) -> None:
        super()._came(data)
        self._log.clear()


@dataclass(frozen=True)
class Answer:
    """A key, when it was pressed, and how long its words took to stand on the screen."""

    t_s: float
    key: str
    took_s: float


class Tour:
    """Begins and ends in the results of a run that was opened by `replay`."""

    def __init__(self, terminal: Terminal, looks: Callable[[], object]) -> None:
        """`looks` is called after each key."""
        self._terminal = terminal
        self._looks = looks
        self._began_s = time.monotonic()
        self.answers: list[Answer] = []
        self.rounds = 0
        self.theme_names: set[str] = set()

    def once(self) -> None:
        self.results()
        self.other_models()
        self.engines()
        self.runs()
        self.themes()
        self.sizes()
        self.plan_and_runs()
        self.replay()
        self.rounds += 1

    # the stations

    def results(self) -> None:
        """Each view, with its crosshair, lines or sorting."""
        for number, name in enumerate(VIEWS, start=1):
            self.key(f"{number % 10}", f"[{number % 10} {name}")
            if number <= CURVES:
                self.key("right", without(NO_CROSSHAIR))
            self.keys("right", "down", "up", "left", "pagedown", "end", "home")
            if name == "Table":
                self.keys("s", "s", "S")
            if number <= CURVES:  # without a crosshair to take away it would go back
                self.key("escape", NO_CROSSHAIR)
        for name in VIEWS:
            self.key("tab", f" {name}]")
        self.key("?", "Esc closes")
        self.key("escape", without("Esc closes"))

    def other_models(self) -> None:
        self.key("1", "[1 Speedup]")
        for number in (2, 3, 4, 1):
            self.key("a", f"{number} of 4")
            self.keys("+", "+", "]", "-", "[", "-")

    def engines(self) -> None:
        self.key("e", "[1 vllm]")
        for number, name in enumerate(("sglang", "tensorrt-llm", "llama.cpp", "transformers"), start=2):
            self.key(f"{number}", f"[{number} {name}]")
        self.key("escape", without("Settings for your engine"))

    def runs(self) -> None:
        """Over the results: filter, look, lay one over, take it away, open another one instead."""
        self.key("o", RUNS)
        for _ in range(4):
            self.keys("down")
            self.pause(0.4)
        self.keys("up", "s", "s", "s", "tab", "tab")
        self.key("/", FILTER)
        self.type("medusa", "1 of ")
        self.key("enter", RUNS)
        self.key("v", "◇")
        self.key("x", without("◇"))
        self.key("o", RUNS)
        self.key("/", FILTER)
        self.type("copy-2", "1 of ")
        self.key("enter", RUNS)
        self.key("enter", RESULTS)

    def themes(self) -> None:
        """Once through all of them; one more by the palette."""
        for _ in range(THEMES):
            before = self._themes_said()
            self.key("t", lambda seen, before=before: self._themes_said() - before)
            self.theme_names |= self._themes_said()
            self.pause(0.7)
        self.key("ctrl+p", "Search for commands")
        self.type("findings", FOUND)
        self.key("escape", without(FOUND))

    def _themes_said(self) -> set[str]:
        """The names in the notices in the corner: some of the last ones stand there still."""
        return set(re.findall(r"theme ([\w-]+)", self._terminal.text()))

    def sizes(self) -> None:
        for columns, rows in SIZES:
            self._terminal.resize(columns, rows)
            small = columns < 60 or rows < 16
            self.wait("resize", without("[1 Sp") if small else RESULTS)
            self._looks()

    def plan_and_runs(self) -> None:
        """From the results to the plan and by its runs to a replay."""
        self.key("1", "[1 Speedup]")
        self.key("r", re.compile(rf"{PLAN}|{RUNS.pattern}", re.DOTALL))
        if PLAN not in self._terminal.text():  # the first time there are no filtered runs below
            self.key("escape", "/ Filter")
            self.key("escape", PLAN)
        self.key("o", RUNS)
        self.key("/", FILTER)
        self.type("copy-1", "1 of ")
        self.key("enter", RUNS)
        self.key("p", REPLAY)

    def replay(self) -> None:
        """Played, stepped, sought, and to its results."""
        self.key("+", "×2")
        self.key("+", re.compile("×[345]"))
        self.key("+", re.compile(r"×(8|10)"))
        self.pause(1.0)
        self.key("space", "paused")
        self.keys("right", "right", "left", ".", ".", ",", "right", "tab")
        self.key("l", "there are none")
        self.key("escape", without("there are none"))
        self.key("space", without("paused"))
        self.pause(2.0)
        self.keys("end")
        self.wait("end", RESULTS)  # by itself
        self.key("p", REPLAY)
        self.pause(1.0)
        self.key("enter", RESULTS)

    # the hands

    def key(self, key: str, wanted: Wanted) -> None:
        """A key, and how long it takes until what it shows is there.

        Escape is always waited for: another key that comes before it was read makes Alt and that key of it.
        """
        began_s = time.monotonic()
        self._terminal.press(key)
        self.wait(key, wanted, began_s)
        self._looks()

    def wait(self, key: str, wanted: Wanted, began_s: float | None = None) -> None:
        began_s = time.monotonic() if began_s is None else began_s
        self._patiently(wanted)
        now_s = time.monotonic()
        self.answers.append(Answer(now_s - self._began_s, key, now_s - began_s))

    def keys(self, *keys: str) -> None:
        """Keys that are not waited for, no faster than a quick hand."""
        for key in keys:
            self._terminal.press(key)
            self.pause(0.05)

    def type(self, words: str, wanted: Wanted) -> None:
        self._terminal.send(words)
        self._patiently(wanted)

    def _patiently(self, wanted: Wanted) -> None:
        """In many short waits: a machine that stands still for minutes ends one of them, not all."""
        for _ in range(round(PATIENCE_S / A_WAIT_S) - 1):
            with contextlib.suppress(AssertionError):
                self._terminal.wait_for(wanted, A_WAIT_S)
                return
        self._terminal.wait_for(wanted, A_WAIT_S)

    def pause(self, for_s: float) -> None:
        time.sleep(for_s)
        self._looks()


def without(words: str) -> Callable[[Terminal], bool]:
    def gone(seen: Terminal) -> bool:
        return words not in seen.text()

    gone.__name__ = f"the end of {words!r}"
    return gone
