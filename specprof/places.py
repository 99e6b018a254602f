"""Where specprof's own data and the user's results live: the only module that knows.

The folders `sample_results/` and `themes/` stand at the top of a checkout and are packed into the
package by the wheel build; an editable install sees the checkout, an installed wheel its package.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _data_folder(name: str) -> Path:
    packed = _PACKAGE / name
    return packed if packed.is_dir() else _PACKAGE.parent / name


def samples_folder() -> Path:
    """Folder of the sample results that come with specprof."""
    return _data_folder("sample_results")


def themes_folder() -> Path:
    """Folder of the themes that come with specprof."""
    return _data_folder("themes")


def runs_folder() -> Path:
    """Folder for results where `--output` names none: the user's XDG data folder. Not created here.

    platformdirs falls back to the password database where HOME is unset.
    """
    import platformdirs

    return Path(platformdirs.user_data_dir("specprof", appauthor=False)) / "runs"


def logs_folder() -> Path:
    """Folder for the measuring child's own output (its stderr), kept when it dies. Not created here."""
    import platformdirs

    return Path(platformdirs.user_state_dir("specprof", appauthor=False))
