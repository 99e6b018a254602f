"""The style sheet of the page: light or dark as the reader's system has it, and plain on paper."""

from __future__ import annotations

from collections.abc import Mapping

from specprof.views.export.ink import style_of
from specprof.views.palette import load_palette

_RULES = """
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 1.5rem 1rem 3rem; background: var(--ground);
  color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
.muted, caption, .error { color: var(--muted); }
.caveat { border-left: .25rem solid var(--warn); padding: .25rem .75rem; background: var(--panel); }
.scroll { overflow-x: auto; }
figure { margin: 1rem 0; } svg { display: block; width: 100%; height: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .25rem; }
th, td { padding: .15rem .7rem; text-align: right; white-space: nowrap; }
th { border-bottom: 1px solid var(--border); font-weight: 600; }
tr.row-start td { border-top: 1px solid var(--border); }
th.words, td.words { text-align: left; white-space: normal; }
.best { color: var(--good); font-weight: 600; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
li { margin: .25rem 0; } .findings { list-style: none; padding: 0; }
@media print { body { max-width: none; } }
"""


def style_sheet(series: int) -> str:
    """CSS with the colours of both grounds; `series`: how many curves have a colour of their own."""
    light, dark = (style_of(load_palette(name), series) for name in ("published", "dark"))
    return (
        f":root {{ color-scheme: light dark; {_declared(light)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_declared(dark)} }} }}\n"
        # paper is white whatever the screen is
        f"@media print {{ :root {{ {_declared(light)} }} }}{_RULES}"
    )


def _declared(variables: Mapping[str, str]) -> str:
    return " ".join(f"{name}: {value};" for name, value in variables.items())
