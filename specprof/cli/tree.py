"""`specprof tree FILE`: the draft tree that yields most tokens per second on the measured clock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from specprof.cli.assumptions import DraftCostAsked

if TYPE_CHECKING:
    from specprof.analysis.trees.choose import TreeChoice


def tree(
    file: Annotated[str, typer.Argument(help="A run file, or a sample's name (see: specprof samples).")],
    accuracies: Annotated[
        Path | None,
        typer.Option(help="Your heads' accuracies: JSON, a list per head of top-1, top-2 …", metavar="PATH"),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Published Medusa heads: 7b, 13b or 33b; or one of several in --accuracies. [7b]"),
    ] = None,
    heads: Annotated[int | None, typer.Option(help="Use the first heads only.", min=1)] = None,
    batch_size: Annotated[int | None, typer.Option(help="One batch size. [the first]", min=1)] = None,
    seq_len: Annotated[int | None, typer.Option(help="One sequence length. [the first]", min=1)] = None,
    form: Annotated[
        Literal["medusa", "eagle", "sglang"],
        typer.Option(help="medusa_choices, EAGLE's arguments, or SGLang's flags."),
    ] = "medusa",
    draft_cost: DraftCostAsked = None,
    json: Annotated[bool, typer.Option("--json", help="Every row and method as JSON.")] = False,
) -> None:
    """Choose the draft tree and its size against the measured verify step.

    The tree is on stdout; every row's best, greedy and by Sequoia's programme, is on stderr.
    """
    import json as json_text

    from specprof.analysis.opened import load
    from specprof.analysis.trees.accuracies import published_model, read_accuracies
    from specprof.analysis.trees.choose import trees_of
    from specprof.cli.streams import print_text, say
    from specprof.errors import UsageProblem

    levels = read_accuracies(accuracies, model) if accuracies is not None else published_model(model or "7b")
    if heads is not None and heads > len(levels):
        raise UsageProblem(f"there are {len(levels)} heads, not {heads}", "choose fewer")
    levels = levels[:heads]
    run = load(file).with_draft(draft_cost)
    found = trees_of(run, levels)
    if not found:
        raise UsageProblem(
            "no row of this run has a trusted result beyond one candidate", "measure at least two counts"
        )
    rows = [one for one in found if batch_size in (None, one.batch_size) and seq_len in (None, one.seq_len)]
    if not rows:
        raise UsageProblem("that row has no trusted result beyond one candidate", "see specprof show")
    if json:
        print_text(json_text.dumps([_document(one) for one in rows], indent=1) + "\n")
        return
    source = "published Medusa heads" if accuracies is None else "your heads"
    cost = run.draft.formula or "drafting is taken to cost nothing"
    say(f"{source}, {len(levels)} deep; only sizes that were measured are compared; {cost}")
    for words in run.warnings:
        say(words)
    for one in rows:
        say(_words(one))
    # Medusa's heads draft in one pass, which is what the greedy tree is charged; EAGLE and SGLang run their
    # drafter once per depth, which is what the programme weighs
    method = "greedy" if form == "medusa" else "programme"
    best = next(one for one in rows if one.method == method)
    if form != "medusa" and best.tree.size == 1:
        say(f"nothing on stdout: no tree pays at batch {best.batch_size}, seq_len {best.seq_len}")
        return
    say(f"on stdout: {best.method}, batch {best.batch_size}, seq_len {best.seq_len}")
    if form == "sglang":
        print_text(_flags(best) + "\n")
    else:
        print_text(json_text.dumps(_form(best, form)) + "\n")


def _form(one: TreeChoice, form: str) -> Any:
    from specprof.analysis.trees.forms import dynamic_tree, medusa_choices

    return medusa_choices(one.tree) if form == "medusa" else dynamic_tree(one.tree).eagle()


def _flags(one: TreeChoice) -> str:
    from specprof.analysis.trees.forms import dynamic_tree

    values = dynamic_tree(one.tree).sglang()
    return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in values.items())


def _words(one: TreeChoice) -> str:
    from specprof.analysis.findings.words import change, with_bounds
    from specprof.run.statistics import Estimate

    row = f"batch {one.batch_size}, seq_len {one.seq_len}, {one.method}: "
    if one.tree.size == 1:
        beyond = ""
        if one.second is not None and one.second[0] > 1:
            beyond = f"; the nearest has {one.second[0]} candidates, {one.second[1]:.2f}×"
        return f"{row}no tree pays{beyond}"
    rate = ""
    if one.tokens_per_s is not None:
        median, low, high = one.tokens_per_s
        rate = f", {median:.4g} tokens/s" + (f" [{low:.4g}, {high:.4g}]" if low < high else "")
    words = (
        f"{row}{one.tree.size} candidates, depth {one.tree.depth}, E = {one.tokens:.2f}, "
        f"{with_bounds(one.speedup)}{rate}"
    )
    if one.timed != one.tree.size:
        words += f" on the time of {one.timed}: the heads guess no more"
    if not one.clear:
        words += "; not clearly faster than plain decoding"
    if one.next_step is not None:
        size, longer = one.next_step
        step = change(Estimate(longer, longer, longer)).partition(" [")[0]
        words += f"; the next size measured, {size}, takes {step} time"
    return words


def _document(one: TreeChoice) -> dict[str, Any]:
    from specprof.analysis.trees.forms import dynamic_tree, medusa_choices

    box = dynamic_tree(one.tree)
    return {
        "batch_size": one.batch_size,
        "seq_len": one.seq_len,
        "method": one.method,
        "candidates": one.tree.size,
        "timed_candidates": one.timed,
        "depth": one.tree.depth,
        "widths": one.tree.widths,
        "expected_tokens": one.tokens,
        "speedup": one.speedup._asdict(),
        "clearly_faster": one.clear,
        "tokens_per_s": one.tokens_per_s._asdict() if one.tokens_per_s else None,
        "next_step": one.next_step,
        "medusa_choices": medusa_choices(one.tree),
        "eagle": box.eagle() if one.tree.size > 1 else None,
        "sglang": box.sglang() if one.tree.size > 1 else None,
    }
