"""`specprof recommend FILE --engine NAME`: exactly what to paste, on stdout; why, on stderr."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from specprof.cli.assumptions import DraftCostAsked, OneAcceptanceAsked

if TYPE_CHECKING:
    from specprof.engines.settings import Settings


def recommend(
    file: Annotated[str, typer.Argument(help="A run file, or a sample's name (see: specprof samples).")],
    engine: Annotated[
        str | None,
        typer.Option(help="vllm, sglang, tensorrt-llm, llama.cpp or transformers.", metavar="NAME"),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All engines, one after the other.")] = False,
    version: Annotated[
        str | None, typer.Option(help="Of the engine, where its form changed. [the newest]", metavar="V")
    ] = None,
    method: Annotated[
        str | None, typer.Option(help="The engine's name for the way to draft. [EAGLE 3]", metavar="NAME")
    ] = None,
    draft_model: Annotated[
        str | None, typer.Option(help="The draft model to write into the settings.", metavar="MODEL")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="One batch size instead of a schedule over all.", min=1)
    ] = None,
    seq_len: Annotated[
        int | None, typer.Option(help="One sequence length instead of all that were measured.", min=1)
    ] = None,
    synthetic: Annotated[
        bool,
        typer.Option("--synthetic", help="vLLM: replay the acceptance model, to benchmark the settings."),
    ] = False,
    acceptance: OneAcceptanceAsked = None,
    draft_cost: DraftCostAsked = None,
    json: Annotated[bool, typer.Option("--json", help="Settings, files and reasons as JSON.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(help="Folder for the files that settings need (SGLang's schedule).", metavar="FOLDER"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Write the settings for your inference engine, with its own way to count candidates."""
    import json as json_text

    from specprof.analysis.opened import load
    from specprof.analysis.schedule import schedule_of
    from specprof.cli.assumptions import model_from
    from specprof.cli.streams import print_text, say
    from specprof.engines.registry import ENGINES, settings_for
    from specprof.engines.settings import Asked
    from specprof.errors import UsageProblem

    if every == (engine is not None):
        raise UsageProblem("say which engine", f"--engine {', '.join(ENGINES)}; or --all")
    if every and version is not None:
        raise UsageProblem("--version belongs to one engine", "choose it with --engine")
    if synthetic and engine != "vllm":
        raise UsageProblem("--synthetic is vLLM's", "choose it with --engine vllm")
    if engine is not None and engine not in ENGINES:
        raise UsageProblem(f"there is no engine {engine[:40]!a}", f"choose {', '.join(ENGINES)}")
    asked = Asked(batch_size, seq_len, version, method, draft_model, synthetic)
    asked.check()
    model = model_from(acceptance)
    run = load(file).with_draft(draft_cost)
    schedule = schedule_of(run, model, seq_len=seq_len)
    found: dict[str, Settings] = {}
    problems: dict[str, str] = {}
    for name in ENGINES if every else (str(engine),):
        try:
            found[name] = settings_for(name, run, schedule, asked)
        except UsageProblem as problem:
            problems[name] = str(problem)
            if len(problems) == len(ENGINES) or not every:  # no engine has an answer
                raise
    if output is not None:
        for settings in found.values():
            _write_files(settings, output, force=force)
        if not any(settings.files for settings in found.values()):
            say(f"these settings need no files: nothing was written to {output}")
    if json:
        document = {name: _document(settings) for name, settings in found.items()}
        document |= {name: {"problem": why} for name, why in problems.items()}
        print_text(json_text.dumps(document if every else document[str(engine)], indent=1,
                                   ensure_ascii=False) + "\n")  # fmt: skip
        return
    said: set[str] = set()
    for name, settings in found.items():
        if every:
            print_text(f"# {name}\n")
        print_text(_paste(settings, output))
        for sentence in (settings.convention, *settings.reasons):
            if sentence not in said:  # what holds for all engines is said once
                said.add(sentence)
                say(sentence)
    for name, why in problems.items():
        say(why if why.lower().startswith(name) else f"{name}: {why}")
    for words in run.warnings:
        say(words)


def _paste(settings: Settings, output: Path | None) -> str:
    import shlex

    if output is None or not settings.with_files:
        return settings.paste
    paste = settings.with_files
    for name, _ in settings.files:
        paste = paste.replace(f"{{folder}}/{name}", shlex.quote(str(output / name)))
    return paste


def _write_files(settings: Settings, folder: Path, *, force: bool) -> None:
    from specprof.cli.streams import say
    from specprof.errors import WriteProblem
    from specprof.run.journal import check_output, write_whole

    for name, content in settings.files:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WriteProblem(f"cannot make {folder}: {error.strerror or error}") from None
        check_output(folder / name, force=force)
        write_whole(folder / name, content.encode())
        say(f"wrote {folder / name}")


def _document(settings: Settings) -> dict[str, Any]:
    return {
        "engine": settings.engine,
        "version": settings.version,
        "paste": settings.paste,
        "with_files": settings.with_files or None,
        "files": dict(settings.files),
        "convention": settings.convention,
        "reasons": settings.reasons,
    }
