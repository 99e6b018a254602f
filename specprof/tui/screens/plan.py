"""The plan: the device, what will be measured on it, what that comes to, and recent runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from specprof.plan.assemble import Asked
from specprof.session import library
from specprof.session.library import Entry
from specprof.session.starting import Start
from specprof.telemetry.cpu import read_cpu
from specprof.telemetry.host import HostSampler
from specprof.telemetry.probe import probe
from specprof.tui.aside import aside
from specprof.tui.screens.frame import Frame
from specprof.tui.state.cuda_order import cuda_order
from specprof.tui.state.device_card import Machine, card_of
from specprof.tui.state.plan_check import Checked, check, reads_files
from specprof.tui.state.plan_fields import DEVICE, FIELDS, about, default_text, given
from specprof.tui.state.plan_summary import fault_of_fit, plan_summary
from specprof.tui.state.plan_time import Took, took
from specprof.tui.state.run_shelf import RunShelf
from specprof.tui.state.run_summary import Opened, open_entry
from specprof.tui.state.runs_shown import moment_words, rows_shown
from specprof.tui.widgets.device_card import DeviceCard
from specprof.tui.widgets.plan_field import Beside, PlanField
from specprof.tui.widgets.plan_form import PlanForm
from specprof.tui.widgets.plan_panels import PlanHead, PlanSummary
from specprof.tui.widgets.recent_runs import RecentRuns

if TYPE_CHECKING:
    from specprof.analysis.opened import Run
    from specprof.tui.app import SpecprofApp

OTHERS_S = 2.0
"""How often the share of other programs is read."""

MOST_RECENT = 20


class PlanScreen(Frame):
    HELP = """What will be measured. Every field has a default; type or step through choices to change it.
    A fault is said as you type. Enter starts the run, or opens the one under the cursor of the list."""
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,r", "start", "Start", key_display="Enter", tooltip="start measuring"),
        Binding("tab", "app.focus_next", "Fields", key_display="Tab", tooltip="next field, then the runs"),
        Binding("down", "move(1)", show=False, tooltip="next field"),
        Binding("up", "move(-1)", show=False, tooltip="field before"),
        Binding("o", "runs", "Runs", tooltip="all saved runs: open, compare, delete"),
        Binding("slash", "filter", "Filter", key_display="/", tooltip="filter the runs by words"),
        Binding("d", "device", show=False, tooltip="next device, where there are several"),
        Binding("escape", "leave", show=False, tooltip="leave a field; clear the filter; go back"),
    ]

    def __init__(self, asked: Asked | None = None) -> None:
        super().__init__()
        self._asked = asked or Asked()
        self._machine = Machine()
        self._checked = Checked(self._asked)
        self._last = ""
        """The field that was edited last."""
        self._shelf = RunShelf()
        self._took: list[Took] = []
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
        self.query_one(PlanHead).show("Enter measures it")
        self._check()
        self._take_entries()
        self.run_worker(self._look_around(), group="machine", exclusive=True)
        self.run_worker(self._read_runs(), group="reading", exclusive=True)

    def on_screen_resume(self) -> None:
        self._take_entries()
        if not self._machine_known:
            return
        self.run_worker(self._look_around(), group="machine", exclusive=True)
        self.run_worker(self._read_runs(), group="reading", exclusive=True)

    @property
    def _form(self) -> PlanForm:
        return self.query_one(PlanForm)

    @property
    def _specprof(self) -> SpecprofApp:
        return cast("SpecprofApp", self.app)

    # The machine

    @property
    def _machine_known(self) -> bool:
        return self._machine.probe is not None

    async def _look_around(self) -> None:
        """What the machine is, then again and again how busy, for as long as the plan is shown."""
        self._found(replace(self._machine, cpu=await aside(read_cpu)))
        if not self._machine_known:
            found = await probe()
            self._found(replace(self._machine, probe=found, order=cuda_order(found.devices, os.environ)))
        sampler = HostSampler()
        t_s = 0.0
        await aside(lambda: sampler.sample(0.0))
        while self.is_current:
            await asyncio.sleep(OTHERS_S)
            t_s += OTHERS_S
            now_s = t_s
            sample = await aside(lambda now_s=now_s: sampler.sample(now_s))  # type: ignore[misc]
            self._found(replace(self._machine, others_pct=sample.other_cpu_pct, cpu=await aside(read_cpu)))

    def _found(self, machine: Machine) -> None:
        changed = machine != self._machine
        self._machine = machine
        if changed and self.is_mounted:
            self._form.fields[DEVICE.name].choices = machine.devices
            self._check()

    @property
    def _device(self) -> str | None:
        """What the plan runs on, None while that is not known."""
        return self._form.texts[DEVICE.name].strip() or self._machine.best

    def action_device(self) -> None:
        names = self._machine.devices
        at = names.index(self._device) if self._device in names else -1
        self._form.fields[DEVICE.name].set_text(names[(at + 1) % len(names)])

    # The plan

    def on_plan_field_edited(self, message: PlanField.Edited) -> None:
        self._last = message.field.name
        self._check()

    def _check(self) -> None:
        """Checks the fields as they are; a model's folder is read beside the app."""
        texts = self._form.texts
        if reads_files(texts):
            self.run_worker(self._checking(texts), group="checking", exclusive=True)
        else:
            self._show_checked(check(given(texts), self._machine.best, self._last))

    async def _checking(self, texts: Mapping[str, str]) -> None:
        best, last = self._machine.best, self._last
        found = await aside(lambda: check(given(texts), best, last))
        if self._form.texts == texts:
            self._show_checked(found)

    def _show_checked(self, checked: Checked) -> None:
        self._checked = checked
        shape = checked.plan.model if checked.plan is not None else None
        device = self._device
        beside = {}
        for field in FIELDS:
            text = self._form.texts[field.name].strip()
            default = default_text(field, self._machine.best if field is DEVICE else device, shape)
            fault = checked.faults.get(field.name)
            words = about(field, text or default)
            beside[field.name] = Beside(default, words, str(fault) if fault else "")
        with self.app.batch_update():
            self._form.show(beside)
            self.query_one(DeviceCard).show(card_of(self._machine, device))
            self.query_one(PlanSummary).show(plan_summary(checked, self._machine, device, self._took))

    def action_start(self) -> None:
        """Starts the plan, or says why it cannot be."""
        fault = next(iter(self._checked.faults.values()), None)
        refusal = str(fault) if fault else fault_of_fit(self._checked, self._machine, self._device)
        if self._specprof.measuring:
            refusal = "a run is in progress already"
        if refusal or self._checked.plan is None:
            self._specprof.say(refusal or "there is nothing to measure", "warning")
            return
        from specprof.tui.screens.measuring import LiveScreen

        self.set_focus(None)
        self.app.push_screen(LiveScreen(Start(self._checked.asked), alone=False))

    # Moving about

    def action_move(self, step: int) -> None:
        target = self._form.step_from(self._form.focused, step)
        if target is not None:
            target.focus()
        elif step > 0:
            self.query_one(RecentRuns).focus()
        else:
            self.set_focus(None)

    def action_leave(self) -> None:
        """A field, then the filter, then the screen where there is one below."""
        if self.focused is not None:
            self.set_focus(None)
        elif self._filter:
            self.query_one(Input).value = ""
        elif len(self.app.screen_stack) > 2:  # the first is textual's own
            self.app.pop_screen()
        self.set_class(bool(self._filter), "-filtered")

    # Recent runs

    def _take_entries(self) -> None:
        found = library.entries()
        samples = [entry for entry in found if entry.kind == "sample"]
        self._shelf.entries = [*[one for one in found if one.kind != "sample"][:MOST_RECENT], *samples]
        self._show_runs()

    def _show_runs(self) -> None:
        rows = rows_shown(self._shelf.rows(), self._filter, "date")
        self.query_one(RecentRuns).show(rows)

    async def _read_runs(self) -> None:
        """One file after the other, beside the app, for as long as the plan is shown."""
        self._took = []
        for entry in list(self._shelf.entries):
            opened = await self._read(entry)
            if opened.run is not None and entry.kind != "sample":
                self._learn(entry, opened.run)
            self._show_runs()
            if not self.is_current:
                return

    def _learn(self, entry: Entry, run: Run) -> None:
        """How long a run took is what the next one's time is judged by."""
        found = took(run.record, moment_words(entry))
        if found is not None:
            self._took.append(found)
            self._check()

    async def _read(self, entry: Entry) -> Opened:
        opened = self._shelf.opened(entry)
        if opened is None:
            opened = await aside(lambda: open_entry(entry))
            self._shelf.keep(opened)
        return opened

    def action_open(self) -> None:
        row = self.query_one(RecentRuns).row
        if row is not None:
            self.run_worker(self._opening(row.entry), group="opening", exclusive=True)

    def on_runs_list_chosen(self) -> None:
        self.action_open()

    async def _opening(self, entry: Entry) -> None:
        opened = await self._read(entry)
        if not self.is_current:
            return
        if opened.run is None:
            self._specprof.say(f"{entry.name} cannot be read: {opened.summary.problem}", "error")
        elif entry.kind == "unfinished":
            from specprof.tui.screens.measuring import LiveScreen

            start = Start(Asked(), output=entry.output, resume=True)
            self.app.push_screen(LiveScreen(start, alone=False))
        else:
            from specprof.tui.screens.results import ResultsScreen

            self.app.push_screen(ResultsScreen(opened.run))

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
        if event.key == "escape" and isinstance(self.focused, Input):
            event.stop()
            self.query_one(Input).value = ""
            self.set_focus(None)
            self.remove_class("-filtered")
