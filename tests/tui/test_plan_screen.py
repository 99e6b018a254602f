"""The plan screen: its fields, the device, what the plan comes to, recent runs, and starting."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from textual import events
from textual.screen import Screen
from textual.widgets import Static

from specprof.plan.asked import Asked
from specprof.session import starting
from specprof.session.starting import Start
from specprof.telemetry import cpu as cpu_module
from specprof.telemetry import probe as probe_module
from specprof.telemetry.cpu import CpuFacts
from specprof.telemetry.probe import GpuProcess, Probe, ProbedDevice
from specprof.tui.screens import plan
from specprof.tui.screens.frame import Frame
from specprof.tui.screens.help import HelpScreen
from specprof.tui.screens.measuring import LiveScreen
from specprof.tui.screens.plan import PlanScreen
from specprof.tui.screens.replay import ReplayScreen
from specprof.tui.screens.results import ResultsScreen
from specprof.tui.screens.runs import RunsScreen
from specprof.tui.state.plan_check import check, reads_files
from specprof.tui.widgets.plan_field import PlanField
from specprof.tui.widgets.recent_runs import RecentRuns

from .results_folder import HALF, ResultsFolder, folder
from .seen import LEAST, SMALL, WIDE, Seen, see

__all__ = ["folder"]

GIB = 1 << 30
CPU = CpuFacts("Made-up CPU", 2, 4, 2, 16 * GIB, 12 * GIB)
NO_GPU = Probe(available=False, reason="no driver was found", remedy="install the driver")
TRAINER = GpuProcess(4711, "trainer", 3 * GIB)
BIG = ProbedDevice(0, "GPU-00000000-1111", "Big GPU", 80 * GIB, 77 * GIB, 1980, 2100, (TRAINER,))
SMALLER = ProbedDevice(1, "GPU-aaaaaaaa-2222", "Smaller GPU", 24 * GIB, 24 * GIB, 1500, 1600, ())
GPUS = Probe(True, driver="570.00", cuda_driver_version="12.8", devices=(BIG, SMALLER))
ONE_GPU = Probe(True, driver="570.00", cuda_driver_version="12.8", devices=(SMALLER,))

SIZES = pytest.mark.parametrize("size", [WIDE, SMALL, LEAST], ids=["120x40", "80x24", "60x16"])


class Machine:
    """What the probe and the CPU say; `asked` counts how often the probe was asked."""

    def __init__(self) -> None:
        self.probe = NO_GPU
        self.cpu = CPU
        self.asked = 0
        self.hold: asyncio.Event | None = None
        """The probe does not answer before it is set."""


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, folder: ResultsFolder) -> Machine:
    made_up = Machine()

    async def probe() -> Probe:
        made_up.asked += 1
        if made_up.hold is not None:
            await made_up.hold.wait()
        return made_up.probe

    monkeypatch.setattr(probe_module, "probe", probe)
    monkeypatch.setattr(starting, "probe", probe)
    monkeypatch.setattr(cpu_module, "read_cpu", lambda: made_up.cpu)
    for name in ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"):
        monkeypatch.delenv(name, raising=False)
    return made_up


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Start]:
    """What was started; nothing is measured."""
    found: list[Start] = []

    def on_mount(screen: LiveScreen) -> None:
        assert not screen._alone
        found.append(screen._start)

    monkeypatch.setattr(LiveScreen, "on_mount", on_mount)
    return found


def shown(asked: Asked | None = None) -> Callable[[Any], PlanScreen]:
    return lambda app: PlanScreen(asked)


def texts(seen: Seen) -> dict[str, str]:
    """What the fields hold that are not empty."""
    return {name: text for name, text in seen.app.screen._form.texts.items() if text}


def default(seen: Seen, name: str) -> str:
    return seen.app.screen._form.fields[name].beside.default


def at(seen: Seen) -> str:
    """The field in focus, or the widget."""
    focused = seen.app.focused
    return focused.field.name if isinstance(focused, PlanField) else type(focused).__name__


def words(seen: Seen) -> str:
    """The screen's words without borders, as if they stood in one line."""
    return " ".join(seen.text.replace("│", " ").split())


def summary(seen: Seen) -> str:
    return " ".join(seen.app.screen.query_one("#plan-summary").render().plain.split())


def footer(seen: Seen) -> list[str]:
    shown = {b.binding.action: b.binding for b in seen.app.screen.active_bindings.values() if b.binding.show}
    return [f"{binding.key_display or binding.key} {binding.description}" for binding in shown.values()]


def listed(seen: Seen) -> list[str]:
    return [row.entry.name for row in seen.app.screen.query_one(RecentRuns).rows]


async def until(seen: Seen, what: Callable[[], object]) -> None:
    for _ in range(1500):
        if what():
            return
        await seen.pilot.pause(0.02)
    raise AssertionError(f"it never came:\n{seen.text}")


async def to_field(seen: Seen, name: str) -> None:
    seen.app.screen._form.fields[name].focus()
    await seen.pilot.pause()


async def to_list(seen: Seen) -> None:
    await until(seen, lambda: all(row.summary for row in seen.app.screen.query_one(RecentRuns).rows))
    seen.app.screen.query_one(RecentRuns).focus()
    await seen.pilot.pause()


# What is seen


@SIZES
def test_fields_what_they_come_to_device_and_runs_are_there_at_every_size(size):
    async def play(seen: Seen) -> None:
        await seen.wait_for("Made-up CPU")
        await seen.wait_for("llama-7b-cpu-bs1")
        for label in ("device", "model", "layers", "dtype", "batch sizes", "seq_len", "candidates"):
            assert label in seen.text
        for label in ("attention", "execution", "workload", "target ± %", "budget s", "seed", "24: 1 batch"):
            assert label in seen.text
        for key in ("Enter Start", "Tab Edit", "o Runs", "? Help", "q Quit"):
            assert key in words(seen)

    see(shown(), play, size=size)


@pytest.mark.parametrize("size", [WIDE, SMALL], ids=["120x40", "80x24"])
def test_memory_load_and_why_there_is_no_gpu_are_said_with_the_remedy(size):
    async def play(seen: Seen) -> None:
        await seen.wait_for("no driver was found")
        assert "12.0 GiB free of 16.0 GiB" in words(seen)
        assert "2 threads" in words(seen)
        assert "Remedy: install the driver" in words(seen)
        await seen.wait_for("others")

    see(shown(), play, size=size)


def test_a_gpu_is_shown_with_memory_clocks_driver_uuid_and_who_else_is_on_it(machine):
    machine.probe = GPUS

    async def play(seen: Seen) -> None:
        await seen.wait_for("Big GPU")
        for part in (
            "77.0 GiB free of 80.0 GiB",
            "1980 MHz, 2100 MHz at most",
            "570.00, runs CUDA up to 12.8",
            "GPU-00000000-1111",
            "trainer (pid 4711) 3.0 GiB",
            "1 of 2: d switches",
            "CUDA_DEVICE_ORDER=PCI_BUS_ID",
        ):
            assert part in words(seen)

    see(shown(), play)


def test_before_the_probe_has_answered_nothing_is_made_up_and_nothing_jumps_then(machine):
    async def play(seen: Seen) -> None:
        await seen.pilot.pause(0.1)
        assert "looking for a GPU…" in seen.text
        assert default(seen, "dtype") == default(seen, "batch_size") == "…"
        assert default(seen, "candidates").startswith("1,16")
        before = places(seen)
        machine.hold.set()
        await seen.wait_for("Big GPU")
        assert default(seen, "dtype") == "bfloat16"
        assert places(seen) == before

    def places(seen: Seen) -> list[Any]:
        return [widget.region for widget in seen.app.screen.query("#plan-body *").exclude("Input")]

    machine.probe, machine.hold = GPUS, asyncio.Event()
    see(shown(), play)


def test_a_run_can_be_started_before_the_probe_has_answered(machine, started):
    machine.hold = asyncio.Event()

    async def play(seen: Seen) -> None:
        await seen.press("enter")
        assert [start.asked for start in started] == [Asked()]

    see(shown(), play)


@pytest.mark.parametrize(
    "options",
    [{"ascii_only": True}, {"depth": None}, {"depth": "standard"}, {"theme": "light"}],
    ids=["ascii", "no colour", "16 colours", "light"],
)
def test_it_can_be_read_on_every_terminal(options):
    async def play(seen: Seen) -> None:
        await seen.wait_for("Made-up CPU")
        await to_field(seen, "layers")
        await seen.press("9", "9")
        assert "99 is more than the 32" in words(seen)
        grey = options.get("depth", "truecolor") == "truecolor"
        assert ("(llama-7b)" in seen.text) is not grey  # a default is told from a value without grey too
        if options.get("ascii_only"):
            assert "> layers" in words(seen)
            assert "x 99 is more" in words(seen)

    see(shown(), play, **options)


def test_names_of_files_are_shown_as_they_are_and_never_obeyed(folder):
    folder.put("[red]x[@click=app.quit]\x1b[2J.json")

    async def play(seen: Seen) -> None:
        await seen.wait_for("[red]x[@click=app.quit][2J")
        assert "\x1b" not in seen.text

    see(shown(), play)


# Fields


def test_a_plan_that_is_given_stands_in_the_fields_and_starts_as_it_was(started):
    asked = Asked(model="tiny", candidates="1,2", seed=3, target_ci_pct=10.0)

    async def play(seen: Seen) -> None:
        assert texts(seen) == {"model": "tiny", "candidates": "1,2", "seed": "3", "target_ci_pct": "10"}
        await seen.press("enter")
        assert [start.asked for start in started] == [asked]

    see(shown(asked), play)


@pytest.mark.parametrize(
    ("name", "keys", "said"),
    [
        ("candidates", "0", "0 is out of range"),
        ("candidates", "1.5", "whole numbers from 1, not '1.5'"),
        ("candidates", "9223372036854775808", "9223372036854775808 is out"),
        ("seq_len", "-1", "whole numbers from 1, not '-1'"),
        ("batch_size", "1:20000", "holds 20000 values"),
        ("layers", "33", "33 is more than the 32 of llama-7b"),
        ("seed", "1.5", "a whole number from 0, not '1.5'"),
        ("budget_s", "0", "0 is out of range"),
        ("target_ci_pct", "100", "100 is out of range"),
    ],
)
def test_a_fault_is_said_at_its_field_as_one_types_and_nothing_starts(started, name, keys, said):
    async def play(seen: Seen) -> None:
        await to_field(seen, name)
        await seen.press(*["full_stop" if key == "." else key for key in keys])
        field = seen.app.screen._form.fields[name]
        assert said in summary(seen)
        assert f"✕ {field.beside.fault.removeprefix('wants ')[:20]}" in field.render().plain
        await seen.press("enter")
        assert started == []
        await seen.press("ctrl+u")
        assert said not in summary(seen)
        assert field.beside.fault == ""

    see(shown(), play)


def test_too_many_cells_are_the_fault_of_what_was_typed_last():
    async def play(seen: Seen) -> None:
        await to_field(seen, "seq_len")
        await seen.press(*"1:400")
        await to_field(seen, "candidates")
        await seen.press(*"1:100")
        assert "candidates 40000 cells are more than 10000" in summary(seen)

    see(shown(), play)


def test_enter_goes_to_the_field_at_fault(started):
    async def play(seen: Seen) -> None:
        await to_field(seen, "candidates")
        await seen.press("0", "escape")
        assert seen.app.focused is None
        await seen.press("enter")
        assert at(seen) == "candidates"
        assert started == []

    see(shown(), play)


def test_an_unknown_model_is_said_and_letters_there_are_text():
    async def play(seen: Seen) -> None:
        theme = seen.app.theme
        await to_field(seen, "model")
        await seen.press(*"qt", "question_mark", "slash", *"od")
        assert texts(seen) == {"model": "qt?/od"}
        assert seen.app.theme == theme
        assert "Esc Leave" in footer(seen)
        assert not [key for key in footer(seen) if key.startswith(("q ", "t ", "? "))]
        await seen.press("ctrl+u", *"llama-9")
        assert "no model 'llama-9'" in summary(seen)
        await seen.press("escape", "t")
        assert seen.app.theme != theme
        assert texts(seen) == {"model": "llama-9"}

    see(shown(), play)


def test_a_model_s_folder_is_checked_beside_the_app_and_enter_waits_for_that(started, tmp_path, monkeypatch):
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 16,
        "intermediate_size": 24, "num_hidden_layers": 3, "num_attention_heads": 4, "vocab_size": 32,
        "num_key_value_heads": 2, "max_position_embeddings": 4096, "rms_norm_eps": 1e-5,
    }  # fmt: skip
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text(json.dumps(config))
    path = str(tmp_path / "model")
    slow = threading.Event()
    monkeypatch.setattr(plan, "check", lambda texts, *rest: _slowly(slow, texts) and check(texts, *rest))

    async def play(seen: Seen) -> None:
        await to_field(seen, "model")
        seen.app.screen.focused.post_message(events.Paste(f"{path}\n"))
        await until(seen, lambda: texts(seen))
        await seen.press("enter")
        assert started == []
        slow.set()
        await until(seen, lambda: started)
        assert [start.asked for start in started] == [Asked(model=path)]

    see(shown(), play)


def _slowly(slow: threading.Event, texts: Mapping[str, str]) -> bool:
    return not reads_files(texts) or slow.wait(20)


def test_what_is_pasted_comes_in_clean_and_into_a_choice_only_if_it_is_one():
    async def play(seen: Seen) -> None:
        await to_field(seen, "model")
        seen.app.focused.post_message(events.Paste("a\x1b[2Jb\u202e\n"))
        await until(seen, lambda: texts(seen))
        assert texts(seen) == {"model": "a[2Jb"}
        await to_field(seen, "dtype")
        seen.app.focused.post_message(events.Paste("float8"))
        seen.app.focused.post_message(events.Paste("float16 "))
        await until(seen, lambda: len(texts(seen)) == 2)
        assert texts(seen)["dtype"] == "float16"

    see(shown(), play)


def test_numbers_take_only_their_characters_and_all_else_are_keys_of_the_screen():
    async def play(seen: Seen) -> None:
        await to_field(seen, "candidates")
        theme = seen.app.theme
        await seen.press("1", "t", "comma", "x", "8")
        assert texts(seen) == {"candidates": "1,8"}
        assert seen.app.theme != theme
        await seen.press("question_mark")
        assert isinstance(seen.app.screen, HelpScreen)
        await seen.press("escape", "o")
        assert isinstance(seen.app.screen, RunsScreen)

    see(shown(), play)


def test_a_line_is_edited_where_the_cursor_is():
    async def play(seen: Seen) -> None:
        await to_field(seen, "candidates")
        await seen.press(*"1,64", "home", "right", "right", "8", "comma")
        assert texts(seen) == {"candidates": "1,8,64"}
        await seen.press("end", "ctrl+w")
        assert texts(seen) == {"candidates": "1,8,"}
        await seen.press("backspace", "left", "delete", "9")
        assert texts(seen) == {"candidates": "1,9"}
        await seen.press("left", "ctrl+k", "backspace", "7")
        assert texts(seen) == {"candidates": "17"}
        await seen.press("left", "ctrl+u")
        assert texts(seen) == {"candidates": "7"}

    see(shown(), play)


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("attention", ["eager", "split", "flex", "split,sdpa", "", "eager"]),
        ("quantize", ["int8", "int4", "fp8", "", "int8"]),
        ("breakdown", ["yes", "", "yes"]),
        ("workload", ["paper-block", "", "paper-block"]),
        ("dtype", ["bfloat16", "float16", "", "bfloat16"]),
        ("model", ["llama-13b", "llama-2-70b", "llama-3-8b", "tiny", "", "llama-13b"]),
    ],
)
def test_choices_are_stepped_through_from_the_default_and_back_to_it(name, steps):
    async def play(seen: Seen) -> None:
        await seen.wait_for("Made-up CPU")
        await to_field(seen, name)
        assert "← → Choose" in footer(seen)
        found = []
        for _ in steps:
            await seen.press("right")
            found.append(texts(seen).get(name, ""))
        assert found == steps
        await seen.press("left")
        assert texts(seen)[name] == default(seen, name)  # chosen now, whatever the device
        await seen.press("left")
        assert texts(seen) == {}

    see(shown(), play)


def test_a_choice_is_typed_by_its_first_letter_and_taken_back():
    async def play(seen: Seen) -> None:
        await seen.wait_for("Made-up CPU")
        await to_field(seen, "dtype")
        for key, value in (("b", "bfloat16"), ("f", "float16"), ("f", "float32")):
            await seen.press(key)
            assert texts(seen) == {"dtype": value}
        await seen.press("backspace")
        assert texts(seen) == {}
        theme = seen.app.theme
        await seen.press("t")
        assert seen.app.theme != theme

    see(shown(), play)


def test_typing_after_a_preset_was_chosen_begins_anew():
    async def play(seen: Seen) -> None:
        await to_field(seen, "model")
        await seen.press("right", *"tiny")
        assert texts(seen) == {"model": "tiny"}

    see(shown(), play)


# Moving about


def test_arrows_and_tab_go_through_all_fields_and_to_the_list_and_back():
    order = ["device", "model", "layers", "dtype", "quantize", "batch_size", "seq_len", "candidates",
             "attention", "execution", "workload", "breakdown", "target_ci_pct", "budget_s", "seed",
             "RecentRuns"]  # fmt: skip

    async def play(seen: Seen) -> None:
        for forth, back in (("down", "up"), ("tab", "shift+tab")):
            seen.app.set_focus(None)
            await seen.pilot.pause()
            found = []
            for _ in order:
                await seen.press(forth)
                found.append(at(seen))
            assert found == order
            await seen.press(back)
            assert at(seen) == "seed"
        await seen.press("k")
        assert at(seen) == "budget_s"
        await seen.press("j", "j")
        assert at(seen) == "RecentRuns"

    see(shown(), play)


def test_escape_leaves_a_field_and_on_top_of_another_screen_the_plan():
    class Below(Frame):
        def compose_body(self):
            yield Static("the screen below", markup=False)

        def on_mount(self) -> None:
            self.app.push_screen(PlanScreen(Asked(seed=4)))

    async def play(seen: Seen) -> None:
        await seen.wait_for("candidates")
        await seen.press("down")
        assert at(seen) == "device"
        await seen.press("escape")
        assert isinstance(seen.app.screen, PlanScreen)
        await seen.press("escape")
        assert "the screen below" in seen.text

    see(lambda app: Below(), play)

    async def alone(seen: Seen) -> None:
        await seen.press("escape", "escape")
        assert isinstance(seen.app.screen, PlanScreen)

    see(shown(), alone)


def test_no_more_than_seven_keys_stand_in_the_footer_wherever_one_is():
    async def play(seen: Seen) -> None:
        await to_list(seen)
        assert footer(seen)[:4] == ["Enter Open", "p Play", "/ Filter", "Esc Back"]
        assert len(footer(seen)) <= 7
        seen.app.set_focus(None)
        await seen.pilot.pause()
        assert footer(seen) == [
            "Enter Start", "Tab Edit", "/ Filter", "o Runs", "? Help", "q Quit",
        ]  # fmt: skip
        for field in seen.app.screen._form.fields.values():
            field.focus()
            await seen.pilot.pause()
            assert len(footer(seen)) <= 7
            assert footer(seen)[:2] == ["Enter Start", "Esc Leave"]

    see(shown(), play)


def test_every_key_is_told_by_help():
    async def play(seen: Seen) -> None:
        await seen.press("question_mark")
        for what in (
            "start measuring",
            "next device",
            "all saved runs",
            "only runs with these words",
            "again",
        ):
            assert what in words(seen)

    see(shown(), play)


def test_q_quits():
    async def play(seen: Seen) -> None:
        await seen.press("q")

    assert see(shown(), play).return_value == 0


# Device


def test_d_switches_the_device_and_its_defaults_follow(machine):
    machine.probe = GPUS

    async def play(seen: Seen) -> None:
        await seen.wait_for("Big GPU")
        assert default(seen, "device") == "cuda"
        seen_devices = []
        for _ in range(3):
            await seen.press("d")
            seen_devices.append(texts(seen)["device"])
        assert seen_devices == ["cuda:1", "cpu", "cuda:0"]
        await seen.press("d")
        assert "Smaller GPU" in seen.text
        assert "no other program" in seen.text
        assert default(seen, "dtype") == "bfloat16"
        await seen.press("d")
        assert default(seen, "dtype") == "float32"
        assert "2 GPUs here: d switches" in words(seen)

    see(shown(), play)


def test_where_there_is_one_device_d_says_so():
    async def play(seen: Seen) -> None:
        await seen.wait_for("Made-up CPU")
        await seen.press("d")
        assert [notice.message for notice in seen.app._notifications] == ["there is no other device here"]
        assert texts(seen) == {}

    see(shown(), play)


def test_cuda_visible_devices_decides_which_gpus_there_are(machine, monkeypatch):
    machine.probe = GPUS
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-aaaa")

    async def play(seen: Seen) -> None:
        await seen.wait_for("Smaller GPU")
        card = seen.app.screen.query_one("#plan-device").render().plain
        assert "CUDA_VISIBLE_DEVICES=GPU-aaaa is in force" in " ".join(card.split())

    see(shown(), play)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")

    async def hidden(seen: Seen) -> None:
        await seen.wait_for("hides every GPU")
        assert default(seen, "device") == "cpu"

    see(shown(), hidden)


def test_a_device_that_is_not_there_is_a_fault(machine, started):
    machine.probe = ONE_GPU

    async def play(seen: Seen) -> None:
        await seen.wait_for("there is no cuda:7 here")
        await seen.press("enter")
        assert started == []
        assert at(seen) == "device"

    see(shown(Asked(device="cuda:7")), play)


def test_what_does_not_fit_is_said_with_needed_against_free_and_the_rest_can_be_started(machine, started):
    machine.probe = ONE_GPU

    async def play(seen: Seen) -> None:
        await seen.wait_for("Smaller GPU")
        assert "seq_len 8192 will not fit: 29.0 GiB needed, 24.0 GiB free" in summary(seen)
        assert "56: 1 batch size × 7 seq_len × 8 K, 48 of them fit" in summary(seen)
        assert "✕29.0" in summary(seen)
        await seen.press("enter")
        assert len(started) == 1

    see(shown(), play)


def test_a_plan_that_does_not_fit_at_all_is_not_started_and_memory_is_looked_at_again(machine, started):
    machine.probe = Probe(True, devices=(ProbedDevice(0, "GPU-1", "Full GPU", 24 * GIB, 2 * GIB),))

    async def play(seen: Seen) -> None:
        await seen.wait_for("Full GPU")
        assert "needs 12.6 GiB for its weights, 2.0 GiB are free" in summary(seen)
        assert "this plan cannot be started" in seen.text
        machine.probe = ONE_GPU
        await seen.press("enter")
        assert started == []
        await seen.wait_for("Smaller GPU")
        await seen.press("enter")
        assert len(started) == 1

    see(shown(), play)


# Starting


@pytest.mark.parametrize("where", [None, "candidates", "attention", "model"])
def test_enter_starts_the_plan_wherever_one_is(started, where):
    async def play(seen: Seen) -> None:
        if where:
            await to_field(seen, where)
        await seen.press("enter")
        assert started == [Start(Asked())]

    see(shown(), play)


def test_what_the_fields_hold_is_what_is_started_and_nothing_more(started):
    async def play(seen: Seen) -> None:
        await seen.wait_for("Made-up CPU")
        for name, keys in (("layers", "4"), ("candidates", "1,8"), ("target_ci_pct", "2.5"), ("seed", "7")):
            await to_field(seen, name)
            await seen.press(*["full_stop" if key == "." else key for key in keys])
        await to_field(seen, "attention")
        await seen.press("right")
        await seen.press("enter")
        asked = Asked(layers="4", candidates="1,8", target_ci_pct=2.5, seed=7, attention="eager")
        assert started == [Start(asked)]

    see(shown(), play)


def test_a_run_that_cannot_begin_brings_the_plan_back_with_the_reason_and_all_that_was_typed(folder):
    for path in folder.path.iterdir():
        path.unlink()
    folder.path.rmdir()
    folder.path.write_text("a file where the folder of results should be")

    async def play(seen: Seen) -> None:
        await to_field(seen, "seed")
        await seen.press("7", "enter")
        await until(seen, lambda: isinstance(seen.app.screen, LiveScreen) or "start" in summary(seen))
        await until(seen, lambda: isinstance(seen.app.screen, PlanScreen))
        await until(seen, lambda: "cannot create the results folder" in summary(seen))
        assert "name a file with --output" in summary(seen)
        assert texts(seen) == {"seed": "7"}
        assert at(seen) == "seed"
        await seen.press("8")
        assert "cannot create" not in summary(seen)

    see(shown(), play, size=SMALL)  # there is room for all of the sentence


# Runs


def test_files_are_read_after_the_first_paint_and_the_newest_stands_first(folder):
    folder.run("older")
    folder.run("newer")

    async def play(seen: Seen) -> None:
        await until(seen, lambda: len(listed(seen)) > 3)
        assert listed(seen)[:2] == ["newer", "older"]
        await seen.wait_for("Llama 7B · Made-up CPU")
        assert "sample" in seen.text

    see(shown(), play)


def test_a_file_that_cannot_be_read_is_listed_with_its_reason_and_not_opened(folder):
    folder.put("spoilt.json", "{")

    async def play(seen: Seen) -> None:
        await seen.wait_for("unreadable")
        await to_list(seen)
        await seen.press("enter")
        await until(seen, lambda: len(seen.app._notifications))
        assert "spoilt cannot be read" in next(iter(seen.app._notifications)).message
        assert isinstance(seen.app.screen, PlanScreen)

    see(shown(), play)


def test_enter_opens_the_run_under_the_cursor_and_escape_comes_back_to_the_plan(folder, started):
    folder.run("mine")

    async def play(seen: Seen) -> None:
        await to_list(seen)
        await seen.press("down", "up", "enter")
        await until(seen, lambda: isinstance(seen.app.screen, ResultsScreen))
        assert seen.app.screen.run.path == folder.path / "mine.json"
        await seen.press("escape")
        assert isinstance(seen.app.screen, PlanScreen)
        assert at(seen) == "RecentRuns"
        assert started == []

    see(shown(), play)


def test_p_plays_it(folder):
    folder.run("mine")

    async def play(seen: Seen) -> None:
        await to_list(seen)
        await seen.press("p")
        await until(seen, lambda: isinstance(seen.app.screen, ReplayScreen))

    see(shown(), play)


def test_enter_goes_on_with_an_unfinished_run(folder, started):
    folder.unfinished("half", HALF)

    async def play(seen: Seen) -> None:
        await seen.wait_for("unfinished")
        await to_list(seen)
        await seen.press("enter")
        await until(seen, lambda: started)
        assert started == [Start(Asked(), output=folder.path / "half.json", resume=True)]

    see(shown(), play)


def test_slash_filters_the_runs_as_one_types_and_escape_shows_all_again(folder):
    folder.run("mine")

    async def play(seen: Seen) -> None:
        await to_list(seen)
        everything = listed(seen)
        seen.app.set_focus(None)
        await seen.press("slash", *"medu")
        assert listed(seen) == ["medusa-llama-7b-bs4"]
        await seen.press("z")
        assert listed(seen) == []
        assert "none has these words" in seen.text
        await seen.press("backspace", "enter")
        assert at(seen) == "RecentRuns"
        await seen.press("escape")
        assert listed(seen) == everything
        assert seen.app.focused is None

    see(shown(), play)


def test_how_long_it_will_take_rests_on_a_run_here(folder):
    folder.run("mine")
    # the made-up run reads its environment after 3.5 s and has its model after 1.25 s more
    asked = Asked(layers="all", budget_s=60.0)

    async def play(seen: Seen) -> None:
        await until(seen, lambda: "to start as in the run of" in summary(seen))
        assert "estimate: about 1 min 05 s at most" in summary(seen)

    see(shown(asked), play)


def test_coming_back_everything_is_looked_at_again(folder, machine):
    async def play(seen: Seen) -> None:
        await seen.wait_for("Made-up CPU")
        await until(seen, lambda: machine.asked == 1)
        seen.app.push_screen(Elsewhere())
        await seen.pilot.pause()
        folder.run("meanwhile")
        machine.probe = ONE_GPU
        await seen.press("escape")
        await seen.wait_for("meanwhile")
        await seen.wait_for("Smaller GPU")

    see(shown(), play)


class Elsewhere(Screen[None]):
    BINDINGS = [("escape", "dismiss", "Back")]  # noqa: RUF012
