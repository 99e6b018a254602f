"""`specprof themes`: the colours there are to draw in, and which of them are used."""

from __future__ import annotations

from typing import Annotated

import typer


def themes(
    use: Annotated[
        str | None, typer.Option("--use", help="Remember this theme for every command.", metavar="NAME")
    ] = None,
) -> None:
    """List the themes, specprof's own and yours."""
    if use is None:
        _list()
    else:
        _remember(use)


def _remember(name: str) -> None:
    from specprof.cli.streams import say
    from specprof.errors import WriteProblem
    from specprof.places import theme_choice_file
    from specprof.views.themes import find_theme, remember_theme

    found = find_theme(name)
    if not remember_theme(found.name):
        where = theme_choice_file() or "a home folder"
        raise WriteProblem(f"cannot remember theme {found.name} in {where}", "use --theme instead")
    say(f"theme {found.name} is remembered")


def _list() -> None:
    import io
    import os
    import sys

    from specprof.cli.streams import print_text, say
    from specprof.views.terminal import surface_of
    from specprof.views.theme_list import theme_lines, theme_list
    from specprof.views.themes import load_themes, theme_name

    found = load_themes()
    surface = surface_of(sys.stdout)
    in_use = theme_name(os.environ, surface.depth)
    if surface.live:
        # drawn first, printed then: rich ends the whole program where a reader leaves
        drawn = io.StringIO()
        for line in theme_list(found, in_use, surface):
            surface.console(drawn).print(line, soft_wrap=True)
        print_text(drawn.getvalue())
    else:
        print_text("".join(f"{line}\n" for line in theme_lines(found, in_use)))
    for bad in found.failed:
        say(str(bad))
    for warning in found.warnings:
        say(warning)
