"""What the events of counting acceptance come to."""

from __future__ import annotations

from typing import Literal

from specprof.run.accept_events import AcceptJob, AllCounted, ModelsOpened, PromptCounted
from specprof.run.environment import Environment
from specprof.run.events import Cancelled, EnvironmentRead, EventModel, Fatal


class AcceptState:
    """Applies events in order; what was counted stays, however the child ends."""

    def __init__(self, job: AcceptJob) -> None:
        self.job = job
        self.environment: Environment | None = None
        self.opened: ModelsOpened | None = None
        self.prompts: dict[int, PromptCounted] = {}
        self.fatal: Fatal | None = None
        self.ended = False
        """Whether the child said that it was at its end, well or not."""
        self.complete = False

    def apply(self, event: EventModel) -> None:
        """Takes one event. What is said of a prompt that there is not, or of another depth, is no word."""
        match event:
            case EnvironmentRead():
                self.environment = event.environment
            case ModelsOpened():
                self.opened = event
            case PromptCounted() if self._fits(event):
                self.prompts[event.prompt] = event
            case Fatal():
                self.fatal, self.ended = event, True
            case Cancelled():
                self.ended = True
            case AllCounted():
                self.complete = self.ended = True
            case _:
                pass

    def _fits(self, event: PromptCounted) -> bool:
        known = event.prompt < len(self.job.prompts.prompts)
        return known and len(event.steps_by_accepted) == self.job.depth + 1

    @property
    def counted(self) -> list[PromptCounted]:
        """The prompts with any step, in the order of their file."""
        return [one for _, one in sorted(self.prompts.items()) if any(one.steps_by_accepted)]

    @property
    def done(self) -> int:
        """Prompts that are at their end."""
        return sum(one.ended is not None for one in self.prompts.values())

    @property
    def status(self) -> Literal["complete", "partial"]:
        return "complete" if self.complete else "partial"
