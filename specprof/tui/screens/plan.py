"""The plan: the device, what will be measured on it, what that comes to, and recent runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from specprof.plan.asked import Asked
from specprof.session import library
from specprof.session.library import Entry
from specprof.session.starting import Start
from specprof.tui.aside import aside
from specprof.tui.machine_watch import MachineWatch
from specprof.tui.screens.frame import Frame
from specprof.tui.state.device_card import Machine, card_of
from specprof.tui.state.plan_check import Checked, check, device_fault, reads_files
from specprof.tui.state.plan_fields import DEVICE, FIELDS, about, default_text
from specprof.tui.state.plan_summary import fault_of_fit, plan_summary
from specprof.tui.state.recent_runs import RecentRuns as Recent
from specprof.tui.widgets.device_card import DeviceCard
from specprof.tui.widgets.plan_field import Beside, PlanField
from specprof.tui.widgets.plan_form import PlanForm
from specprof.tui.widgets.plan_panels import PlanHead, PlanSummary
from specprof.tui.widgets.recent_runs import RecentRuns

if TYPE_CHECKING:
    from specprof.tui.app import SpecprofApp


class PlanScreen(Frame, inherit_bindings=False):
    HELP = """What will be measured, and on what. Values in grey, or in brackets, are the device's defaults; a
    field that is emptied has its default again. Some fields are stepped through with ← and →. What is wrong
    with a field is said as you type."""
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start", "Start", key_display="Enter", tooltip="start measuring"),
        Binding("r", "start", show=False, tooltip="start measuring"),
        Binding("tab", "app.focus_next", "Edit", key_display="Tab", tooltip="next field, then the runs"),
        Binding("shift+tab", "app.focus_previous", show=False, tooltip="field before"),
        Binding("down,j", "move(1)", show=False, tooltip="next field, then the runs"),
        Binding("up,k", "move(-1)", show=False, tooltip="field before"),
        Binding("d", "device", show=False, tooltip="next device, where there are several"),
        Binding("slash", "filter", "Filter", key_display="/", tooltip="show only runs with these words"),
        Binding("o", "runs", "Runs", tooltip="all saved runs: open, compare, delete"),
        Binding("f5", "look_again", show=False, tooltip="look for devices and runs again"),
        Binding("escape", "leave", show=False, tooltip="leave a field; show all runs; go back"),
    ]

    PARTS = (PlanHead, PlanForm, PlanSummary, DeviceCard, RecentRuns)

    def __init__(self, asked: Asked | None = None) -> None:
        """`asked`: what the fields hold at first, as for a run that is to be measured again."""
        super().__init__()
        self._asked = asked or Asked()
        self._watch = MachineWatch()
        self._checked = Checked(self._asked)
        self._last = ""
        """The field that was edited last."""
        self._refusal = ""
        """Why the last start came to nothing."""
        self._checking = False
        self._start_wanted = False
        self._recent = Recent()
        self._filter = ""

    def compose_body(self) -> ComposeResult:
        yield PlanHead(id="plan-head")
        with Container(id="plan-body"):
            with Vertical(id="plan-left"):
                yield PlanForm(self._asked, id="plan-form", classes="panel")
                yield PlanSummary(id="plan-summary", classes="panel")
            with Vertical(id="plan-right"):
                yield DeviceCard(id="plan-device", classes="panel")
                with Horizontal(id="plan-filter"):
                    yield Static(Content("/ "), markup=False)
                    yield Input(compact=True, placeholder="name, model, device or status")
                yield RecentRuns(id="plan-runs", classes="panel")

    def on_mount(self) -> None:
        self._check()

    def on_screen_resume(self) -> None:
        """Looks at everything anew: another run may have been measured meanwhile."""
        self.call_after_refresh(self.action_look_again)

    def on_screen_suspend(self) -> None:
        """While a run is measured nothing here is to take its time."""
        for group in ("machine", "reading"):
            self.workers.cancel_group(self, group)

    def action_look_again(self) -> None:
        self.run_worker(self._watch.watch(self._found), group="machine", exclusive=True)
        self.run_worker(self._read_runs(), group="reading", exclusive=True)

    @property
    def _form(self) -> PlanForm:
        return self.query_one(PlanForm)

    @property
    def _specprof(self) -> SpecprofApp:
        return cast("SpecprofApp", self.app)

    # The device

    @property
    def _machine(self) -> Machine:
        return self._watch.machine

    @property
    def _device(self) -> str | None:
        """What the plan runs on, None while that is not known."""
        return self._form.texts[DEVICE.name].strip() or self._machine.best

    def _found(self) -> None:
        if self.stands:
            self._form.fields[DEVICE.name].choices = self._machine.devices
            self._check()

    def action_device(self) -> None:
        names = self._machine.devices
        device = "cuda:0" if self._device == "cuda" else self._device
        at = names.index(device) if device in names else -1
        if len(names) < 2 and at == 0:
            self._specprof.say("there is no other device here")
        else:
            self._form.fields[DEVICE.name].set_text(names[(at + 1) % len(names)])

    # The plan

    def on_plan_field_edited(self, message: PlanField.Edited) -> None:
        self._last = message.field.name
        self._refusal = ""
        self._start_wanted = False
        self._check()

    def on_plan_field_entered(self) -> None:
        self._form.show_hint()

    def _check(self) -> None:
        """Checks the fields as they are; a model's folder is read beside the app."""
        if not self.stands:
            return
        texts = self._form.texts
        if reads_files(texts):
            self._checking = True
            self.run_worker(self._check_aside(texts), group="checking", exclusive=True)
        else:
            self._show_checked(check(texts, self._machine.best, self._last))

    async def _check_aside(self, texts: Mapping[str, str]) -> None:
        best, last = self._machine.best, self._last
        found = await aside(lambda: check(texts, best, last))
        if self.stands and self._form.texts == texts:
            self._show_checked(found)
            if self._start_wanted:
                self.action_start()

    def _show_checked(self, checked: Checked) -> None:
        self._checking = False
        device = self._device
        self._checked = checked = device_fault(checked, self._machine.order)
        shape = checked.plan.model if checked.plan is not None else None
        beside = {}
        for field in FIELDS:
            default = default_text(field, self._machine.best if field is DEVICE else device, shape)
            words = about(field, self._form.texts[field.name].strip() or default, shape)
            if field is DEVICE:
                words = card_of(self._machine, device).title
            fault = checked.faults.get(field.name)
            beside[field.name] = Beside(default, words, fault.what if fault else "")
        now = plan_summary(checked, self._machine, device, self._recent.took, self._refusal)
        with self.app.batch_update():
            self._form.show(beside)
            self.query_one(PlanHead).show(now.ready)
            self.query_one(DeviceCard).show(card_of(self._machine, device))
            self.query_one(PlanSummary).show(now)

    def action_start(self) -> None:
        """Starts the plan. What keeps it from starting is said already: the field at fault gets the focus."""
        if self._checking:
            self._start_wanted = True
            return
        self._start_wanted = False
        faults = self._checked.faults
        if faults:
            self._form.fields[next(field.name for field in FIELDS if field.name in faults)].focus()
        elif fault_of_fit(self._checked, self._machine, self._device):
            self.action_look_again()  # memory may have become free meanwhile
        else:
            self._measure(Start(self._checked.asked))

    def _measure(self, start: Start) -> None:
        if self._specprof.measuring:
            self._specprof.say("a run is in progress already", "warning")
            return
        from specprof.tui.screens.measuring import LiveScreen

        self.app.push_screen(LiveScreen(start, alone=False), self._came_to_nothing)

    def _came_to_nothing(self, sentence: object) -> None:
        self._refusal = sentence if isinstance(sentence, str) else ""
        self._check()

    # Moving about

    def action_move(self, step: int) -> None:
        target = self._form.step_from(self._form.focused, step)
        if target is not None:
            target.focus()
        elif step > 0 or self._form.focused is None:
            self.query_one(RecentRuns).focus()
        else:
            self.set_focus(None)

    def action_leave(self) -> None:
        """A field, then the filter, then the screen where there is one below."""
        if self._filter or isinstance(self.focused, Input):
            self.query_one(Input).value = ""
            self.remove_class("-filtered")
            self.set_focus(None)
        elif self.focused is not None:
            self.set_focus(None)
        elif len(self.app.screen_stack) > 2:  # the first is textual's own
            self.dismiss(None)

    # Recent runs

    async def _read_runs(self) -> None:
        """Lists them, then reads one file after the other beside the app."""
        self._recent.take(await aside(library.entries))
        self._show_runs()
        while (entry := self._recent.to_read()) is not None:
            await aside(lambda entry=entry: self._recent.read(entry))  # type: ignore[misc]
            self._show_runs()
        self._check()  # how long they took is what the next run's time rests on

    def _show_runs(self) -> None:
        if not self.stands:
            return
        runs = self.query_one(RecentRuns)
        runs.show(self._recent.rows(self._filter))
        runs.border_subtitle = Content("" if runs.rows or not self._filter else "none has these words")

    def action_open(self) -> None:
        self._open(math.inf)

    def action_play(self) -> None:
        self._open(1.0)

    def on_runs_list_chosen(self) -> None:
        self.action_open()

    def _open(self, speed: float) -> None:
        row = self.query_one(RecentRuns).row
        if row is not None:
            self.run_worker(self._opening(row.entry, speed), group="opening", exclusive=True)

    async def _opening(self, entry: Entry, speed: float) -> None:
        """An unfinished run is gone on with, every other one is shown, or played."""
        opened = await aside(lambda: self._recent.read(entry))
        if not self.is_current:
            return
        if opened.run is None:
            self._specprof.say(f"{entry.name} cannot be read: {opened.summary.problem}", "error")
        elif entry.kind == "unfinished":
            self._measure(Start(Asked(), output=entry.output, resume=True))
        else:
            from specprof.tui.screens.opened import replay_screen

            self.app.push_screen(replay_screen(opened.run, speed))

    def action_runs(self) -> None:
        from specprof.tui.screens.runs import RunsScreen

        self.app.push_screen(RunsScreen())

    def action_filter(self) -> None:
        self.add_class("-filtered")
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._filter = event.value.strip()
        self._show_runs()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.set_class(bool(self._filter), "-filtered")
        self.query_one(RecentRuns).focus()

    def on_key(self, event: events.Key) -> None:
        if event.key == "down" and isinstance(self.focused, Input):
            event.stop()
            self.query_one(RecentRuns).focus()
