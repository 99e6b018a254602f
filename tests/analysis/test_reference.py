"""The sample that comes with specprof is the published figure, number by number."""

import json

from specprof.analysis.opened import Run
from specprof.run.record import RunRecord

from .published_figure import CANDIDATES, FILE, SPEEDUP, record, text


def test_the_sample_is_what_its_script_writes() -> None:
    assert FILE.read_text(encoding="utf-8") == text()


def test_the_sample_is_a_run_record_that_says_where_it_comes_from() -> None:
    read = RunRecord.model_validate_json(FILE.read_bytes())
    assert read == record()
    assert read.reference is not None
    assert "arXiv 2401.10774" in read.reference.provenance
    assert read.cells == []


def test_the_sample_holds_the_published_speedups() -> None:
    document = json.loads(FILE.read_bytes())
    plan, reference = document["plan"], document["reference"]
    assert next(iter(document)) == "schema_version"
    assert plan["batch_sizes"] == [4]
    assert plan["candidates"] == list(CANDIDATES)
    assert dict(zip(plan["seq_lens"], map(tuple, reference["speedup"]), strict=True)) == SPEEDUP
    assert (reference["acceptance"], reference["reading_error"]) == ("1 + 0.477 ln K", 0.03)


def test_the_sample_opens_as_a_run() -> None:
    assert Run.of(record()).speedup().median.max() == 2.48
