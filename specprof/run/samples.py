"""The sample results that come with specprof, by name."""

from __future__ import annotations

from pathlib import Path

from specprof.errors import RunFileProblem
from specprof.places import samples_folder
from specprof.run.sanitize import clean


def sample_names() -> list[str]:
    """The samples' names in alphabetical order: the file names in `sample_results/` without `.json`."""
    return sorted(path.stem for path in samples_folder().glob("*.json"))


def resolve(name_or_path: str) -> Path:
    """The file that a path or a sample's name means. A file of that path goes before a sample.

    Raises RunFileProblem where it is neither.
    """
    path = Path(name_or_path)
    try:
        found, folder = path.exists(), path.is_dir()
    except OSError:  # a name too long, a folder that may not be entered: opening it says which
        return path
    if found and not folder:
        return path
    names = sample_names()
    if name_or_path in names:
        return samples_folder() / f"{name_or_path}.json"
    shown = f"'{clean(name_or_path, 200)}'"
    if folder and name_or_path:
        raise RunFileProblem(f"{shown} is a folder", "name a run file in it")
    known = f"the samples are: {', '.join(names)}" if names else "there are no samples in this installation"
    raise RunFileProblem(f"there is no file or sample {shown}", known)
