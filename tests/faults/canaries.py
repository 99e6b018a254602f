"""What must not run or be read beside a checkpoint: each canary leaves a file in `sung` when it runs."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

CODE = (
    "evil.py",
    "modeling_llama.py",
    "configuration_llama.py",
    "tokenization_llama.py",
    "custom_generate/generate.py",
    "sitecustomize.py",
    "usercustomize.py",
    "torch.py",
    "numpy.py",
    "safetensors.py",
    "transformers/__init__.py",
)
PICKLED = ("pytorch_model.bin", "consolidated.00.pth", "model.pt", "training_args.bin", "optimizer.pt")
NAMING_CODE: dict[str, dict[str, Any]] = {
    "tokenizer_config.json": {"auto_map": {"AutoTokenizer": ["evil.Evil", None]}, "tokenizer_class": "Evil"},
    "generation_config.json": {"custom_generate": "./custom_generate", "trust_remote_code": True},
    "preprocessor_config.json": {"auto_map": {"AutoProcessor": "evil.Evil"}},
    "adapter_config.json": {"auto_mapping": {"parent_library": "evil"}, "base_model_name_or_path": "evil"},
}


class Canaries:
    """Puts canaries into folders."""

    def __init__(self, sung: Path) -> None:
        sung.mkdir()
        self.sung = sung

    def heard(self) -> list[str]:
        """The names of those that ran."""
        return sorted(path.name for path in self.sung.iterdir())

    def code(self, name: str) -> str:
        marker = self.sung / name.replace("/", "_")
        return f"open({str(marker)!r}, 'w').close()\n\n\nclass Evil:\n    pass\n"

    def pickled(self, name: str) -> bytes:
        return pickle.dumps(_Singing(str(self.sung / name)))

    def put_into(self, folder: Path) -> None:
        """All of them, beside whatever lies there."""
        for name in CODE:
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(self.code(name))
        for name in PICKLED:
            (folder / name).write_bytes(self.pickled(name))
        for name, document in NAMING_CODE.items():
            (folder / name).write_text(json.dumps(document))


class _Singing:
    def __init__(self, marker: str) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (self._marker, "w")
