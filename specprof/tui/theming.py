"""A palette as a theme of Textual's: every variable of its widgets named, so that none mixes its own."""

from __future__ import annotations

from textual.theme import Theme

from specprof.views.palette import INKS, MAX_SERIES, PLAIN, Palette

_SHADES = ("", *(f"-{way}-{step}" for way in ("darken", "lighten") for step in (1, 2, 3)))

_TRANSPARENT = "transparent"


def textual_theme(palette: Palette) -> Theme:
    """The theme that shows `palette` in the app, as it is: no shade, blend or contrast colour is computed.

    Besides Textual's own variables there are `series-1` … `series-32`, which begin anew after the palette's
    last, and one for each role and ground of the palette: `muted`, `axis`, `gauge-track`, `selection` …
    """
    return Theme(
        name=palette.name,
        primary=palette.accent,
        secondary=palette.muted,
        accent=palette.accent,
        warning=palette.warn,
        error=palette.bad,
        success=palette.good,
        foreground=palette.text,
        background=palette.ground,
        surface=palette.panel,
        panel=palette.panel,
        boost=palette.panel,
        dark=palette.dark,
        luminosity_spread=0.0,
        text_alpha=1.0,
        variables={**_shades(palette), **_words(palette), **_widgets(palette), **_own(palette)},
    )


def _own(palette: Palette) -> dict[str, str]:
    """What Textual has no name for. CSS that names one of these can be read under any theme."""
    return {
        **{f"series-{number}": palette.colour_of(f"series-{number}") for number in range(1, MAX_SERIES + 1)},
        **{ink: palette.colour_of(ink) for ink in sorted(INKS - {"text", "accent"})},
        "ground": palette.ground,
        "selection": palette.selection,
    }


DEFAULT_VARIABLES = _own(PLAIN)
"""For the moment before the app has a theme of its own."""


def _kinds(palette: Palette) -> dict[str, str]:
    """What colours mean to Textual's widgets."""
    return {
        "primary": palette.accent,
        "secondary": palette.muted,
        "accent": palette.accent,
        "warning": palette.warn,
        "error": palette.bad,
        "success": palette.good,
    }


def _shades(palette: Palette) -> dict[str, str]:
    """Textual's base colours. Their darker and lighter shades are the colours themselves."""
    bases = {
        **_kinds(palette),
        "foreground": palette.text,
        "background": palette.ground,
        "primary-background": palette.panel,
        "secondary-background": palette.panel,
        "surface": palette.panel,
        "panel": palette.panel,
        "boost": palette.panel,
    }
    shades = {f"{name}{shade}": colour for name, colour in bases.items() for shade in _SHADES}
    # the cell of a table's head that the cursor is on: text stands on it
    return {**shades, "accent-darken-1": palette.selection, "surface-active": palette.panel}


def _words(palette: Palette) -> dict[str, str]:
    """Words, and the grounds that Textual puts coloured words on."""
    kinds = _kinds(palette)
    return {
        "text": palette.text,
        "text-muted": palette.muted,
        "text-disabled": palette.muted,
        "foreground-muted": palette.muted,
        "foreground-disabled": palette.muted,
        **{f"text-{kind}": colour for kind, colour in kinds.items()},
        **{f"{kind}-muted": palette.panel for kind in kinds},
        "background-muted": palette.panel,
    }


def _widgets(palette: Palette) -> dict[str, str]:
    """The variables of single widgets, by what Textual's style sheets use them for."""
    text, muted, accent = palette.text, palette.muted, palette.accent
    ground, panel, selection = palette.ground, palette.panel, palette.selection
    return {
        "border": palette.border,
        "border-blurred": panel,
        "block-cursor-foreground": text,
        "block-cursor-background": selection,
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-foreground": text,
        "block-cursor-blurred-background": selection,
        "block-cursor-blurred-text-style": "none",
        "block-hover-background": panel,
        "scrollbar": palette.border,
        "scrollbar-hover": muted,
        "scrollbar-active": accent,
        "scrollbar-background": panel,
        "scrollbar-background-hover": panel,
        "scrollbar-background-active": panel,
        "scrollbar-corner-color": panel,
        "link-background": _TRANSPARENT,
        "link-background-hover": selection,
        "link-color": accent,
        "link-color-hover": text,
        "link-style": "underline",
        "link-style-hover": "bold not underline",
        "footer-foreground": text,
        "footer-background": panel,
        "footer-key-foreground": accent,
        "footer-key-background": _TRANSPARENT,
        "footer-description-foreground": text,
        "footer-description-background": _TRANSPARENT,
        "footer-item-background": _TRANSPARENT,
        "input-cursor-background": text,
        "input-cursor-foreground": ground,
        "input-cursor-text-style": "none",
        "input-selection-background": selection,
        "input-selection-foreground": text,
        "screen-selection-background": selection,
        "screen-selection-foreground": text,
        "button-foreground": text,
        # on the accent and on good, warn and bad
        "button-color-foreground": ground,
        "button-focus-text-style": "bold reverse",
        **{f"markdown-h{level}-color": accent for level in (1, 2, 3)},
        **{f"markdown-h{level}-color": text for level in (4, 5, 6)},
        **{f"markdown-h{level}-background": _TRANSPARENT for level in range(1, 7)},
    }
