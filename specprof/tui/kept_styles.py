"""What textual keeps of widgets that are gone."""

from __future__ import annotations

import contextlib


def forget_kept_styles() -> None:
    """Lets go of the drawn lines of widgets that are gone.

    Two colours of up to a thousand widgets are remembered by a cache on a method (textual 8.2), which for
    that keeps each widget's StylesCache with all its lines: tens of MiB after some screens.
    """
    with contextlib.suppress(ImportError, AttributeError):  # the module is textual's own affair
        from textual._styles_cache import StylesCache

        StylesCache.get_inner_outer.cache_clear()
