"""The acceptance models by their names, and what `--acceptance NAME:param=value` means."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from specprof.analysis.acceptance.chain import Chain
from specprof.analysis.acceptance.log_fit import LogFit
from specprof.analysis.acceptance.model import AcceptanceModel
from specprof.analysis.acceptance.positions import Positions
from specprof.analysis.acceptance.table import Table, checked_points
from specprof.analysis.acceptance.trees import Medusa, Sequoia
from specprof.analysis.trees.accuracies import Levels, published_model, read_accuracies
from specprof.errors import RunFileProblem, UsageProblem
from specprof.run.sanitize import clean

ACCEPTANCE_MODELS: tuple[AcceptanceModel, ...] = (LogFit(), Chain(), Medusa(), Sequoia())
"""One of each kind that needs no file, with its default parameters."""

EXAMPLES = {
    "positions": "positions:p=0.72/0.5/0.31 or positions:file=PATH",
    "table": "table:8=2.0/16=2.3 or table:file=PATH",
    "medusa": "medusa:model=7b,heads=5 or medusa:file=PATH",
    "sequoia": "sequoia:p=0.6/0.2/0.08,depth=5 or sequoia:model=7b",
    "chain": "chain:alpha=0.8 or chain:file=PATH",
}

MOST_RATES = 1024
SEQUOIA_DEPTH = 16


class Measured(Protocol):
    """Acceptance read from a file. `rates` are unconditional, by draft position; `table` is (K, E)."""

    @property
    def source(self) -> str: ...
    @property
    def rates(self) -> tuple[float, ...]: ...
    @property
    def table(self) -> tuple[tuple[int, float], ...]: ...
    @property
    def mean_length(self) -> float: ...
    @property
    def fitted_alpha(self) -> float | None: ...


Reads = Callable[[str], Measured]


def acceptance_from(text: str, read_file: Reads | None = None) -> AcceptanceModel:
    """The model that `NAME` or `NAME:param=value,param=value` means, e.g. `chain:alpha=0.7`.

    `read_file` reads what an engine measured, for `file=PATH`. Raises UsageProblem, and RunFileProblem for a
    file that cannot be used.
    """
    name, _, rest = text.strip().partition(":")
    given = _given(name, rest)
    model: AcceptanceModel | None
    if name in ("medusa", "sequoia"):
        model = _tree_model(name, given)
    elif name in ("positions", "table") or "file" in given:
        return _from_data(name, given, read_file)
    else:
        model = next((model for model in ACCEPTANCE_MODELS if model.name == name), None)
    if model is None:
        known = ", ".join([*(model.name for model in ACCEPTANCE_MODELS), "positions", "table"])
        raise UsageProblem(f"there is no acceptance model {name[:40]!a}", f"choose {known}")
    for parameter, word in given.items():
        model = model.with_parameter(parameter, _number(name, parameter, word))
    return model


def _given(name: str, rest: str) -> dict[str, str]:
    """Parameters and their words. A path is the last one given and may hold commas."""
    before, is_file, path = rest.partition("file=")
    if is_file and before and not before.endswith(","):
        before, is_file, path = rest, "", ""
    found: dict[str, str] = {}
    for part in [one for one in before.split(",") if one.strip()]:
        parameter, equals, word = (piece.strip() for piece in part.partition("="))
        if name == "table" and "/" in part:
            parameter, equals, word = "points", "=", part.strip()
        if not equals or not parameter:
            raise UsageProblem(
                f"acceptance parameter {part[:40]!a} is not NAME=NUMBER", f"write {_example(name)}"
            )
        if parameter in found:
            raise UsageProblem(f"acceptance parameter {parameter[:40]!a} is given twice", "give it once")
        found[parameter] = word
    if is_file:
        found["file"] = path.strip()
    return found


def _example(name: str) -> str:
    default = next((model.text for model in ACCEPTANCE_MODELS if model.name == name), "")
    return EXAMPLES.get(name, default or "log-fit:a=0.477")


def _number(name: str, parameter: str, word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        given = f"{parameter}={word}"
        raise UsageProblem(
            f"acceptance parameter {given[:40]!a} is not NAME=NUMBER", f"write {_example(name)}"
        )
    return value


def _numbers(name: str, parameter: str, words: str) -> tuple[float, ...]:
    parts = words.split("/")
    if len(parts) > MOST_RATES:
        raise UsageProblem(f"{parameter} of {name} has more than {MOST_RATES} numbers", "give fewer")
    return tuple(_number(name, parameter, word) for word in parts)


def _from_data(name: str, given: dict[str, str], read_file: Reads | None) -> AcceptanceModel:
    """The models that rest on numbers of the user's own."""
    if name not in ("positions", "table", "chain"):
        raise UsageProblem(f"acceptance model {name[:40]!a} takes no file", "positions, table and chain do")
    if len(given) != 1:
        raise UsageProblem(f"acceptance model {name} wants one parameter here", f"write {_example(name)}")
    if "file" in given:
        if read_file is None:
            raise UsageProblem(f"no file can be read for {name} here", f"write {_example(name)}")
        return _measured(name, read_file(given["file"]), f"{name}:file={given['file']}")
    if name == "positions" and "p" in given:
        rates = _numbers(name, "p", given["p"])
        return _positions(rates, "as given", f"positions:p={given['p']}")
    if name == "table" and "points" in given:
        points = [_point(part) for part in given["points"].split("/")]
        return Table(checked_points(points), "as given", f"table:{given['points']}")
    if name == "table":  # one point is written without a slash
        ((k, tokens),) = given.items()
        return Table(checked_points([_point(f"{k}={tokens}")]), "as given", f"table:{k}={tokens}")
    raise UsageProblem(f"acceptance model {name} has no parameter {next(iter(given))[:40]!a}",
                       f"write {_example(name)}")  # fmt: skip


def _point(part: str) -> tuple[int, float]:
    count, _, tokens = part.partition("=")
    if not count.strip().isascii() or not count.strip().isdigit() or not 0 < int(count) <= 1_000_000:
        raise UsageProblem(f"{part[:40]!a} is no K=TOKENS", f"write {EXAMPLES['table']}")
    return int(count), _number("table", count.strip(), tokens)


def _positions(rates: tuple[float, ...], source: str, text: str) -> Positions:
    if any(not 0 <= rate <= 1 for rate in rates) or list(rates) != sorted(rates, reverse=True):
        raise UsageProblem(
            "the rates of positions must lie between 0 and 1 and never rise",
            "each is the part of all drafts accepted up to there",
        )
    return Positions(rates, source, text)


def _measured(name: str, found: Measured, text: str) -> AcceptanceModel:
    if name == "table" or (name == "positions" and not found.rates and found.table):
        if not found.table:
            raise RunFileProblem(f"{found.source} holds no table of expected tokens", "use positions:file=")
        return Table(checked_points(found.table), found.source, text)
    if name == "positions":
        if not found.rates:
            raise RunFileProblem(
                f"{found.source} tells only a mean length, not how long a draft was", "use chain:file="
            )
        return Positions(found.rates, found.source, text)
    if found.fitted_alpha is None:
        raise RunFileProblem(
            f"{found.source} holds more than a chain's one number", "use positions:file= or table:file="
        )
    return Chain(found.fitted_alpha)


def _tree_model(name: str, given: dict[str, str]) -> Medusa | Sequoia:
    """Takes `model`, `file` and `p` out of what was given."""
    model, file, rates = (given.pop(key, None) for key in ("model", "file", "p"))
    if rates is not None and (name != "sequoia" or model is not None or file is not None):
        raise UsageProblem(f"acceptance model {name} is given more than it takes", f"write {_example(name)}")
    source = f"head accuracies of vicuna {model or '7b'}, Medusa, arXiv 2401.10774"
    origin = f"model={model or '7b'}"
    levels: Levels
    if rates is not None:
        level = _numbers(name, "p", rates)
        if any(not 0 <= rate <= 1 for rate in level) or sum(level) > 1 + 1e-9:
            raise UsageProblem("the rates of sequoia must lie between 0 and 1 and sum to at most 1")
        levels, source, origin = (level,) * SEQUOIA_DEPTH, "as given", f"p={rates}"
    elif file is not None:
        levels = read_accuracies(file, model)
        source, origin = clean(file, 200), f"{f'model={model},' if model else ''}file={file}"
    else:
        levels = published_model(model or "7b")
    if name == "medusa":
        return Medusa(levels=levels, origin=origin, source=source, heads=float(len(levels)))
    depth = float(len(levels)) if rates is None else 5.0
    return Sequoia(levels=levels, origin=origin, source=source, depth=depth)
