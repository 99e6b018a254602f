"""From the fields' texts to a checked plan, or to what is wrong with which field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from specprof.errors import SpecprofError, UsageProblem
from specprof.plan.asked import Asked
from specprof.plan.assemble import Assembled, assemble
from specprof.plan.plan import Plan
from specprof.telemetry.cuda_order import CudaOrder
from specprof.tui.state.plan_fields import given

_OPTIONS = {"target_ci_pct": "target-ci", "budget_s": "budget"}
_SEVERAL = ("batch_size", "seq_len")


@dataclass(frozen=True)
class Fault:
    """What is wrong with a field, without its name, and what to do about it."""

    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.remedy}" if self.remedy else self.what


@dataclass(frozen=True)
class Checked:
    """`asked` holds the fields that can be read; `plan` is None where one of them has a fault."""

    asked: Asked
    plan: Plan | None = None
    notes: tuple[str, ...] = ()
    faults: Mapping[str, Fault] = field(default_factory=dict)


def check(texts: Mapping[str, str], device: str | None, last: str = "") -> Checked:
    """Checks as the command line does. `device` is what runs where the device's field is empty.

    None: it is not known yet, and what holds on every device is checked. Where fields are at odds, the
    one that was edited `last` has the fault. A model's folder is read: not for the thread that draws.
    """
    values, faults = _read(given(texts))
    asked = Asked(**values)
    if not faults:
        try:
            found = _assembled(asked, device)
            return Checked(asked, found.plan, found.notes)
        except SpecprofError:
            pass
    faults |= _blame(values, device, last)
    return Checked(asked, faults=faults)


def reads_files(texts: Mapping[str, str]) -> bool:
    """Whether checking looks into a model's folder."""
    model = texts.get("model", "").strip()
    return "/" in model or model.startswith((".", "~"))


def _read(texts: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Fault]]:
    """The options by name, numbers as numbers, and what is no number."""
    values: dict[str, Any] = {}
    faults: dict[str, Fault] = {}
    for name, text in texts.items():
        try:
            values[name] = _value(name, text)
        except ValueError:
            kind = "a whole number from 0" if name == "seed" else "a number"
            faults[name] = Fault(f"wants {kind}, not '{text[:40]}'")
    return values, faults


def _value(name: str, text: str) -> Any:
    match name:
        case "seed":
            return int(text)
        case "target_ci_pct" | "budget_s":
            return float(text)
        case "breakdown":
            return text == "yes"
        case _:
            return text


def _assembled(asked: Asked, device: str | None) -> Assembled:
    # where none is known, as `Start.check` does before a device is touched
    return assemble(asked, asked.device or device or asked.checked_on)


def _blame(values: Mapping[str, Any], device: str | None, last: str) -> dict[str, Fault]:
    """Adds field after field to a sound plan: the one that spoils it has the fault, and is left out."""
    order = sorted(values, key=lambda name: (name not in ("device", "model"), name == last))
    sound = Asked()
    faults = {}
    for name in order:
        tried = replace(sound, **{name: values[name]})
        try:
            _assembled(tried, device)
            sound = tried
        except SpecprofError as problem:
            faults[name] = _fault(name, problem)
    return faults


def _fault(name: str, problem: SpecprofError) -> Fault:
    """The problem's words without the name of the option, which stands before the field anyway."""
    option = _OPTIONS.get(name, name.replace("_", "-"))
    stem = name + "s" if name in _SEVERAL else name
    what = problem.what
    for start in (f"--{option} ", f"{stem}: ", f"{name}: "):
        what = what.removeprefix(start)
    remedy = problem.remedy
    if isinstance(problem, UsageProblem) and name == "layers" and remedy.startswith("write 1,"):
        remedy = "write 2, or all"
    return Fault(what, remedy)


def device_fault(checked: Checked, order: CudaOrder) -> Checked:
    """The same, with a fault where the device asked for is beyond those that CUDA shows here."""
    device = checked.asked.device
    if device is None or not device.startswith("cuda") or not order.devices or order.find(device):
        return checked
    count = len(order.devices)
    shown = f"CUDA shows {count} GPU" + ("s" if count > 1 else "")
    fault = Fault(f"there is no {device} here", f"{shown}, from cuda:0")
    return replace(checked, plan=None, faults={**checked.faults, "device": fault})
