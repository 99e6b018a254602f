"""The plan's fields, in two columns where there is no room for words beside them."""

from __future__ import annotations

from collections.abc import Mapping

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from specprof.plan.asked import Asked
from specprof.tui.state.plan_fields import FIELDS, GROUPS, texts_of
from specprof.tui.widgets.plan_field import ROOMY, Beside, PlanField
from specprof.tui.widgets.plan_panels import PlanHint


class PlanForm(Container):
    BORDER_TITLE = "Plan"

    def __init__(self, asked: Asked, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        texts = texts_of(asked)
        self.fields = {
            field.name: PlanField(
                field,
                texts[field.name],
                classes="-gap" if field is group[0] and group is not GROUPS[0] else None,
            )
            for group in GROUPS
            for field in group
        }

    def compose(self) -> ComposeResult:
        half = len(GROUPS) // 2
        for groups in (GROUPS[:half], GROUPS[half:]):
            with Vertical():
                for group in groups:
                    yield from (self.fields[field.name] for field in group)
                if groups[-1] is GROUPS[-1]:
                    yield PlanHint(id="plan-hint")

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < ROOMY, "-close")

    @property
    def texts(self) -> dict[str, str]:
        return {name: field.text for name, field in self.fields.items()}

    @property
    def focused(self) -> PlanField | None:
        return next((field for field in self.fields.values() if field.has_focus), None)

    def show(self, beside: Mapping[str, Beside]) -> None:
        for name, field in self.fields.items():
            field.show(beside[name])
        self.show_hint()

    def show_hint(self) -> None:
        """What the field in focus is."""
        field = self.focused
        self.query_one(PlanHint).show(field.hint if field is not None else "")

    def step_from(self, field: PlanField | None, by: int) -> PlanField | None:
        """The field `by` steps on, None beyond either end; from nowhere the first or the last."""
        order = [self.fields[one.name] for one in FIELDS]
        at = (-1 if by > 0 else len(order)) if field is None else order.index(field)
        return order[at + by] if 0 <= at + by < len(order) else None
