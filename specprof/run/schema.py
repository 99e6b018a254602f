"""The published JSON Schema of a run document: `python -m specprof.run.schema` prints it.

The checked-in schema.json is this output; a test keeps them equal.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from specprof.run.record import SCHEMA_VERSION, RunRecord

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def document_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a run document of this schema version.

    Unknown fields are allowed: a reader ignores them. What a schema cannot say, the loader checks: that
    the cells are the plan's and that their statistics follow from their samples.
    """
    generated = RunRecord.model_json_schema()
    # pydantic calls a field with a default optional; the loader reads no document without its version
    required = ["schema_version", *generated.pop("required")]
    return {
        "$schema": DIALECT,
        **generated,
        "title": f"specprof run document, schema version {SCHEMA_VERSION}",
        "required": required,
    }


def schema_text() -> str:
    """The schema as the text of schema.json."""
    return json.dumps(document_schema(), indent=1, ensure_ascii=False) + "\n"


def schema_path() -> Path:
    """The schema's file, inside the package."""
    return Path(__file__).with_name("schema.json")


if __name__ == "__main__":
    print(schema_text(), end="")
