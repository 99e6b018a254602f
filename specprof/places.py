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


def config_folder() -> Path | None:
    """Folder of the user's settings: the XDG config folder. None where the user has no home at all.

    Not created here. Only ever an absolute path: a relative one would be whatever folder one stands in.
    """
    import platformdirs

    try:
        found = Path(platformdirs.user_config_dir("specprof", appauthor=False))
    except (RuntimeError, OSError):
        return None
    return found if found.is_absolute() else None


def user_themes_folder() -> Path | None:
    """Folder of the user's own themes. None where the user has no home. Not created here."""
    config = config_folder()
    return None if config is None else config / "themes"


def theme_choice_file() -> Path | None:
    """File that holds the name of the theme the user chose last. None where the user has no home."""
    config = config_folder()
    return None if config is None else config / "theme"


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
