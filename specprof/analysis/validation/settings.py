"""From acceptance models to settings that can be decoded with: which candidate is right how often."""

from __future__ import annotations

from collections.abc import Sequence

from specprof.analysis.acceptance.chain import Chain
from specprof.analysis.acceptance.model import AcceptanceModel
from specprof.analysis.acceptance.positions import Positions
from specprof.analysis.acceptance.trees import Medusa, Sequoia
from specprof.analysis.trees.accuracies import Levels
from specprof.analysis.trees.greedy import greedy_tree
from specprof.analysis.trees.programme import programme_tree
from specprof.analysis.trees.tree import Tree
from specprof.errors import UsageProblem
from specprof.plan.decoding_drafts import DecodingDrafts
from specprof.plan.validation import MAX_SETTINGS, Setting


def settings_for(
    drafts: DecodingDrafts, models: Sequence[AcceptanceModel], counts: Sequence[int], *, given: bool
) -> tuple[tuple[Setting, ...], tuple[str, ...]]:
    """What is decoded with: the models where they say what is accepted, else what the drafter drafts.

    `given` says whether anybody asked for these models. Raises UsageProblem.
    """
    if not drafts.real:
        return settings_from(models, counts)
    if given:
        raise UsageProblem(
            f"--acceptance is of no use with --drafts {drafts.text[:80]}: what is accepted is measured",
            "leave one of them out",
        )
    return (Setting(name=drafts.text, parents=tuple(range(-1, drafts.depth))),), ()


def settings_from(
    models: Sequence[AcceptanceModel], counts: Sequence[int]
) -> tuple[tuple[Setting, ...], tuple[str, ...]]:
    """Every model at every count beyond 1, and a sentence for each pair that does not exist.

    Raises UsageProblem for a model that says how many tokens a step yields and not which candidates.
    """
    found, lacking = list[Setting](), list[str]()
    for model in models:
        for candidates in sorted({count for count in counts if count > 1}):
            setting = _setting(model, candidates)
            if setting is None:
                lacking.append(f"{model.text} has no {candidates} candidates")
            else:
                found.append(setting)
    if not found and lacking:
        raise UsageProblem(f"there is nothing to decode with: {lacking[-1][:200]}", "give fewer candidates")
    if not found:
        raise UsageProblem("there is nothing to decode with", "give --candidates beyond 1")
    if len(found) > MAX_SETTINGS:
        raise UsageProblem(
            f"{len(found)} settings are more than {MAX_SETTINGS}", "give fewer models or counts"
        )
    return tuple(found), tuple(f"{one}: left out" for one in lacking)


def _setting(model: AcceptanceModel, candidates: int) -> Setting | None:
    match model:
        case Chain():
            return _chain(model.text, [model.alpha] * (candidates - 1))
        case Positions():
            if candidates - 1 > len(model.rates):
                return None
            before = (1.0, *model.rates)
            given = [rate / one if one > 0 else 0.0 for one, rate in zip(before, model.rates, strict=False)]
            return _chain(model.text, given[: candidates - 1])
        case Medusa():
            tree = greedy_tree(model.levels[: int(model.heads)], candidates)
            return _tree(model.text, tree, model.levels, candidates)
        case Sequoia():
            tree = programme_tree(model.levels, candidates, int(model.depth))
            return _tree(model.text, tree, model.levels, candidates)
    raise UsageProblem(
        f"acceptance model {model.name} says how many tokens a step yields, not which candidates are right",
        "decode with chain, positions, medusa or sequoia",
    )


def _chain(name: str, chances: Sequence[float]) -> Setting:
    count = len(chances) + 1
    return Setting(name=name, parents=tuple(range(-1, count - 1)), chances=(1.0, *chances))


def _tree(name: str, tree: Tree, levels: Levels, candidates: int) -> Setting | None:
    """None where the guesses do not fill so many candidates."""
    if tree.size != candidates:
        return None
    paths = [(), *sorted(tree.paths, key=lambda path: (len(path), path))]
    numbers = {path: number for number, path in enumerate(paths)}
    parents = tuple(numbers[path[:-1]] if path else -1 for path in paths)
    chances = tuple(levels[len(path) - 1][path[-1]] if path else 1.0 for path in paths)
    return Setting(name=name, parents=parents, chances=chances)
