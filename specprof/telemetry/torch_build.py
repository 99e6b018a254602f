"""Which PyTorch is installed and what it was built for, without importing it: that takes seconds."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path

from specprof.run.sanitize import clean

_MOST_BYTES = 65_536
_WANTED = ("__version__", "cuda", "hip")


@dataclass(frozen=True)
class TorchBuild:
    """`cuda` and `hip` are the versions that it was built for. `problem` says why nothing is known."""

    version: str | None = None
    cuda: str | None = None
    hip: str | None = None
    installed: bool = True
    problem: str = ""


def torch_build(find: Callable[[str], ModuleSpec | None] = importlib.util.find_spec) -> TorchBuild:
    """Reads torch/version.py of the torch that this Python would import. Never raises."""
    try:
        spec = find("torch")
    except (ImportError, ValueError, AttributeError):
        spec = None
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not folders:
        return TorchBuild(installed=False, problem="PyTorch is not installed")
    path = Path(folders[0], "version.py")
    try:
        with path.open("rb") as file:
            source = file.read(_MOST_BYTES)
        found = _assigned(ast.parse(source))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return TorchBuild(problem=f"{clean(str(path), 200)} cannot be read")
    if "cuda" not in found:
        return TorchBuild(found.get("__version__"), problem=f"{clean(str(path), 200)} does not tell")
    return TorchBuild(found.get("__version__"), found["cuda"], found.get("hip"))


def _assigned(tree: ast.Module) -> dict[str, str | None]:
    """`name = "text"` and `name: type = None` at the top of the file, for the names wanted."""
    found: dict[str, str | None] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets, value = [node.target], node.value
        else:
            continue
        if not isinstance(value, ast.Constant) or not isinstance(value.value, (str, type(None))):
            continue
        text = None if value.value is None else clean(value.value, 80)
        found |= {one.id: text for one in targets if isinstance(one, ast.Name) and one.id in _WANTED}
    return found
