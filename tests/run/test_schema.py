"""The published JSON Schema: that of this code, and one that real documents keep to."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import jsonschema
import pytest

from specprof.run.journal import document_text
from specprof.run.schema import document_schema, schema_path, schema_text

from .streams import STORIES, build_record


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(schema_path().read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_checked_in_schema_is_the_one_this_code_generates() -> None:
    said = "write it anew: python -m specprof.run.schema > specprof/run/schema.json"
    assert schema_path().read_text(encoding="utf-8") == schema_text(), said


def test_the_module_prints_the_schema() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "specprof.run.schema"], capture_output=True, check=True, encoding="utf-8"
    )
    assert result.stdout == schema_text()


@pytest.mark.parametrize("name", STORIES)
def test_every_document_keeps_to_the_schema(validator: jsonschema.Draft202012Validator, name: str) -> None:
    validator.validate(json.loads(document_text(build_record(STORIES[name]))))


def without(key: str, document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != key}


def test_the_schema_refuses_what_the_loader_refuses(
    validator: jsonschema.Draft202012Validator, document: dict[str, Any]
) -> None:
    assert validator.is_valid(document | {"from_the_future": 1})
    for key in ("schema_version", "run_id", "status", "plan"):
        assert not validator.is_valid(without(key, document))
    assert not validator.is_valid(document | {"status": "excellent"})
    document["cells"][0]["measured_ms"]["samples"][0] = "20.0"
    assert not validator.is_valid(document)


def test_the_schema_names_its_dialect_and_no_address_of_its_own() -> None:
    schema = document_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "$id" not in schema
    assert schema["title"] == "specprof run document, schema version 2"
