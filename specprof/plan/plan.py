"""The plan of one run: checked once, immutable from then on."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from specprof.errors import UsageProblem
from specprof.plan.draft_tree import TreeShape
from specprof.plan.drafter import Drafter
from specprof.plan.grid import LARGEST_COUNT, MAX_CELLS, Counts, tidy_counts
from specprof.plan.model import ModelShape
from specprof.plan.modes import Attention, Dtype, Execution, Quantization, Workload, check_modes
from specprof.plan.refinement import Added, Refinement
from specprof.plan.stopping import StoppingRule
from specprof.plan.validation import Validation

_Counts = Annotated[
    tuple[Annotated[int, Field(ge=1, le=LARGEST_COUNT, strict=True)], ...],
    Field(min_length=1, max_length=MAX_CELLS),
]


class Row(NamedTuple):
    """All candidate counts at one batch size and sequence length: the unit measured in rounds."""

    batch_size: int
    seq_len: int


class Cell(NamedTuple):
    """One verify step: batch size B, prefix length S, candidates K."""

    batch_size: int
    seq_len: int
    candidates: int

    @property
    def row(self) -> Row:
        return Row(self.batch_size, self.seq_len)

    def __str__(self) -> str:
        return f"batch {self.batch_size}, seq_len {self.seq_len}, {self.candidates} candidates"


class Plan(BaseModel):
    """What a run measures. The lists are ascending, without repeats, and candidates include 1.

    A refined run adds counts to single rows: `candidates` then holds those of all rows, and `counts` says
    which of them a row has.
    """

    model_config = ConfigDict(frozen=True)

    model: ModelShape
    dtype: Dtype
    device: str = Field(default="cpu", max_length=80, pattern=r"^(cpu|cuda(:[0-9]{1,3})?)$")
    attention: Attention = "sdpa"
    attention_beside: Attention | None = Field(
        default=None, description="A second attention, measured in the same rounds; null where there is none"
    )
    execution: Execution = "eager"
    workload: Workload = "full"
    quantization: Quantization | None = Field(
        default=None, description="Of the layers' projections, by torchao; null where all is of `dtype`"
    )
    breakdown: bool = Field(default=False, description="Whether each cell is profiled once")
    tree: TreeShape = "4-ary"
    batch_sizes: _Counts
    seq_lens: _Counts
    candidates: _Counts
    stopping: StoppingRule
    seed: int = Field(default=0, ge=0, lt=1 << 63, strict=True)
    refinement: Refinement | None = Field(default=None, description="null where the grid is all there is")
    drafter: Drafter | None = Field(
        default=None, description="What proposes the candidates; null where its cost is not measured"
    )
    validation: Validation | None = Field(
        default=None, description="Real decoding in the same rounds; null where there is none"
    )
    added: tuple[Added, ...] = Field(
        default=(), max_length=MAX_CELLS, description="Candidate counts that refinement added to single rows"
    )

    @model_validator(mode="after")
    def _grid_is_sound(self) -> Plan:
        for name in ("batch_sizes", "seq_lens", "candidates"):
            values = getattr(self, name)
            if list(values) != sorted(set(values)):
                raise ValueError(f"{name} must be ascending without repeats")
        if self.candidates[0] != 1:
            raise ValueError("candidates must include 1: every ratio is taken against it")
        count = len(self.batch_sizes) * len(self.seq_lens) * len(self.candidates)
        if count > MAX_CELLS:
            raise ValueError(f"{count} cells are more than {MAX_CELLS}")
        self._check_added()
        furthest = self.seq_lens[-1] + self.candidates[-1]
        if self.model.positions_enforced and furthest > self.model.max_position_embeddings:
            raise ValueError(
                f"seq_len {self.seq_lens[-1]} + {self.candidates[-1]} candidates goes beyond the "
                f"{self.model.max_position_embeddings} positions of {self.model.name}"
            )
        if self.validation is not None:
            self._check_validation(self.validation)
        if self.drafter is not None:
            self.drafter.check_target(self.model, self.seq_lens[-1])
        check_modes(
            attentions=self.attentions,
            execution=self.execution,
            quantization=self.quantization,
            dtype=self.dtype,
            workload=self.workload,
            on_cuda=self.on_cuda,
        )
        return self

    @property
    def attentions(self) -> tuple[Attention, ...]:
        """The attention that the curves stand on, and the one beside it."""
        return (self.attention,) if self.attention_beside is None else (self.attention, self.attention_beside)

    @property
    def on_cuda(self) -> bool:
        return self.device.startswith("cuda")

    def rows(self) -> list[Row]:
        return [Row(b, s) for b in self.batch_sizes for s in self.seq_lens]

    def cells(self) -> list[Cell]:
        return [Cell(*row, k) for row in self.rows() for k in self.counts(row)]

    @property
    def grid_candidates(self) -> tuple[int, ...]:
        """The counts that every row has: those of the grid as it was asked for."""
        extra = {added.candidates for added in self.added}
        return tuple(k for k in self.candidates if k not in extra)

    def counts(self, row: Row) -> tuple[int, ...]:
        """The candidate counts of one row, ascending."""
        if not self.added:
            return self.candidates
        mine = {one.candidates for one in self.added if (one.batch_size, one.seq_len) == row}
        return tuple(sorted({*self.grid_candidates, *mine}))

    def with_added(self, *added: Added) -> Plan:
        """The plan with further counts. Raises ValueError, in words, where they are not sound."""
        asked = next((one.candidates for one in added if one.candidates in self.grid_candidates), None)
        if asked is not None:
            raise ValueError(f"added: every row has {asked} candidates")
        together = tuple(sorted({*self.candidates, *(one.candidates for one in added)}))
        try:
            return Plan(**{**dict(self), "candidates": together, "added": (*self.added, *added)})
        except ValidationError as error:
            said: str = error.errors(include_url=False)[0]["msg"]
            raise ValueError(said.removeprefix("Value error, ")) from None

    def without_added(self) -> Plan:
        """The plan as it was asked for."""
        return self.model_copy(update={"candidates": self.grid_candidates, "added": ()})

    def _check_validation(self, validation: Validation) -> None:
        """Every setting's count is measured, and what decodes is what is measured."""
        missing = {one.candidates for one in validation.settings} - set(self.grid_candidates)
        if missing:
            raise ValueError(f"validation: {min(missing)} candidates are decoded with, and not measured")
        if self.workload != "full" or not self.model.full_depth:
            raise ValueError("validation: only a whole model decodes")
        if self.execution == "graph":
            raise ValueError("validation: a graph is captured for one prefix length, and decoding has many")
        if "flex" in self.attentions or self.attention_beside is not None:
            raise ValueError("validation: one attention is decoded with, sdpa, eager or split")
        if self.attention == "split" and self.batch_sizes[-1] > 1:
            raise ValueError("validation: split attention has one prefix for all sequences, a batch several")
        if self.refinement is not None or self.drafter is not None or self.breakdown:
            raise ValueError("validation: the grid is neither refined nor profiled beside it")
        furthest = validation.rows(self.seq_lens[-1])
        if self.model.positions_enforced and furthest > self.model.max_position_embeddings:
            raise ValueError(
                f"validation: seq_len {self.seq_lens[-1]} and {validation.tokens} tokens may go beyond the "
                f"{self.model.max_position_embeddings} positions of {self.model.name}"
            )

    def _check_added(self) -> None:
        """An added count is one of a row, there once, and lies between the smallest and the largest."""
        grid, seen = self.grid_candidates, set[tuple[int, int, int]]()
        for one in self.added:
            if one.batch_size not in self.batch_sizes or one.seq_len not in self.seq_lens:
                raise ValueError(f"added: no row has batch {one.batch_size}, seq_len {one.seq_len}")
            if one.place in seen or one.candidates not in self.candidates:
                raise ValueError(f"added: {Cell(*one.place)} is there twice, or not among the candidates")
            if not grid or one.candidates >= grid[-1]:
                raise ValueError(f"added: {one.candidates} candidates are more than the grid holds")
            seen.add(one.place)


def build_plan(**fields: Any) -> Plan:
    """A Plan, or UsageProblem with one line that names the field."""
    try:
        return Plan(**fields)
    except ValidationError as error:
        raise refusal(error) from None


def refusal(error: ValidationError, before: str = "") -> UsageProblem:
    """What is wrong first, in one line: `before` and the field, where there is one, then what of it."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    said: str = first["msg"].removeprefix("Value error, ")
    return UsageProblem(f"{before}{where}: {said}" if where else said)


def candidates_with_baseline(counts: Counts) -> Counts:
    """Adds K = 1, which every ratio needs, and says so."""
    if 1 in counts.values:
        return counts
    tidied = tidy_counts((1, *counts.values), "candidates")
    return Counts(tidied.values, (*counts.notes, "candidates: 1 added, every ratio is taken against it"))
