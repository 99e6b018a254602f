"""What profiled steps say of a cliff: kernels that changed across it, and the parts that grew.

Each cell is profiled once, so a growth has no interval and is no proof; a kernel's name needs none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from specprof.analysis.findings.finding import Numbers
from specprof.analysis.findings.words import listed, milliseconds, percent
from specprof.analysis.kernels import fitted, switch_of
from specprof.analysis.setting import Setting
from specprof.plan.plan import Cell
from specprof.run.breakdown import PARTS, Breakdown, Part
from specprof.run.sanitize import clean

LEAST_GROWTH = 0.05
"""Of a step that was profiled once, less is no growth."""
NAMED_SHARE = 0.20
"""Parts with less of the step's growth are not named, the largest apart."""
NAME_ROOM = 120


class Switch(NamedTuple):
    """The kernel that takes longest in a part is another one beyond the cliff, at these sequence lengths."""

    part: Part
    old: str
    new: str
    seq_lens: tuple[int, ...]


@dataclass(frozen=True)
class Growth:
    """One profiled step before the cliff and one after it, at one sequence length."""

    seq_len: int
    before: Breakdown
    after: Breakdown
    depth: str
    """What of the model was profiled, where that is not all of it."""

    @property
    def step_ms(self) -> float:
        return self.after.total_ms - self.before.total_ms

    @property
    def seen(self) -> bool:
        """Whether the step grew at all."""
        return self.step_ms >= LEAST_GROWTH * self.before.total_ms

    def parts(self) -> Iterator[tuple[str, float, float]]:
        """Name, ms before and ms after of each part and of the gaps."""
        for part in PARTS:
            yield part, self.before.part_ms(part), self.after.part_ms(part)
        yield "gaps", self.before.gaps_ms, self.after.gaps_ms

    def share(self, part: str) -> float:
        """A part's growth over the step's."""
        return next((new - old) / self.step_ms for name, old, new in self.parts() if name == part)

    def words(self) -> str:
        """`profiled once at seq_len 512, linear grows from 12.0 to 18.9 ms, 84 % of the step's growth`."""
        where = f"profiled once{self.depth} at seq_len {self.seq_len}, "
        whole = _from_to(self.before.total_ms, self.after.total_ms)
        if not self.seen:
            return f"{where}the step takes {whole}: no clear growth"
        largest, *others = sorted(self.parts(), key=lambda part: part[1] - part[2])
        if largest[1] >= largest[2]:
            return f"{where}the step grows from {whole}"
        name, old, new = largest
        text = f"{where}{name} grow{'' if name == 'gaps' else 's'} from {_from_to(old, new)}, "
        text += f"{self._of_it(name)} of the step's growth"
        also = (part for part in others if self.share(part[0]) >= NAMED_SHARE)
        return text + "".join(
            f"; {name} from {_from_to(old, new)}, {self._of_it(name)}" for name, old, new in also
        )

    def _of_it(self, part: str) -> str:
        share = self.share(part)
        return percent(min(share, 1.0)) if share < 1.005 else "all and more"

    def numbers(self) -> Numbers:
        found: dict[str, float | list[float]] = {"profiled_seq_len": float(self.seq_len)}
        step = ("step", self.before.total_ms, self.after.total_ms)
        for name, old, new in (step, *self.parts()):
            found[f"{name}_before_ms"], found[f"{name}_after_ms"] = old, new
        return found


def switches(
    setting: Setting, batch_size: int, seq_lens: Sequence[int], before: int, after: int
) -> list[Switch]:
    """The parts in which another kernel takes longest and one of the two comes or goes, each with its most
    frequent change."""
    found = []
    for part in PARTS:
        changes: dict[tuple[str, str], list[int]] = {}
        for growth in _profiled(setting, batch_size, seq_lens, before, after):
            change = switch_of(growth.before, growth.after, part)
            if change is not None:
                changes.setdefault(change, []).append(growth.seq_len)
        if changes:
            (old, new), at = max(changes.items(), key=lambda one: len(one[1]))
            found.append(Switch(part, old, new, tuple(at)))
    return found


def switch_words(found: Sequence[Switch], seq_lens: Sequence[int]) -> str:
    """`the linear kernel changes from a to b, the attention kernel from c to d at seq_len 8192`."""
    said: list[str] = []
    for switch in found:
        old, new = fitted(clean(switch.old), clean(switch.new), NAME_ROOM)
        there = "" if len(switch.seq_lens) == len(seq_lens) else f" at seq_len {listed(switch.seq_lens)}"
        said.append(f"the {switch.part} kernel {'' if said else 'changes '}from {old} to {new}{there}")
    return ", ".join(said)


def steepest(
    setting: Setting, batch_size: int, seq_lens: Sequence[int], before: int, after: int
) -> Growth | None:
    """The profiled pair whose step grows most for its size; None where no pair was profiled."""
    pairs = _profiled(setting, batch_size, seq_lens, before, after)
    return max(pairs, key=lambda pair: pair.step_ms / pair.before.total_ms, default=None)


def _profiled(
    setting: Setting, batch_size: int, seq_lens: Sequence[int], before: int, after: int
) -> Iterator[Growth]:
    shape = setting.shape
    depth = "" if shape.full_depth else f", {shape.layers_measured} of {shape.layers_total} layers,"
    for seq_len in seq_lens:
        old = setting.breakdowns.get(Cell(batch_size, seq_len, before))
        new = setting.breakdowns.get(Cell(batch_size, seq_len, after))
        if old is not None and new is not None:
            yield Growth(seq_len, old, new, depth)


def _from_to(old: float, new: float) -> str:
    return f"{milliseconds(old)[:-3]} to {milliseconds(new)}"
