"""The files that the fuzzer spoils: the samples, and made-up runs with all that a run file can hold.

The same files each time, so that a seed and a number give the same spoilt one again. `python -m
faults.corpus FOLDER`, in tests/, writes them.
"""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

from run.decoded_run import events as decoded_events
from run.decoded_run import plan as decoded_plan
from run.refined import EVENTS as REFINED
from run.streams import STORIES, Story, build_stream, journal_bytes, reduce_all
from run.test_drafts import with_drafts
from views.profiled_run import with_checks

from specprof.places import samples_folder, themes_folder
from specprof.plan.plan import Row
from specprof.run import events as ev
from specprof.run.journal import document_text

SMALL = {"seq_lens": (128,), "rounds": 4}
"""A run of three cells shows what one of fifty shows, in a tenth of the time."""
ACCEPTANCE = {
    "acceptance.json": b'{"source": "made up", "drafts": 100, "accepted_per_position": [80, 60, 40],'
    b' "acceptance_rates": [0.8, 0.6, 0.4], "intervals_95": null, "mean_length": 2.8, "table": null,'
    b' "fitted_alpha": null, "acceptance": "positions:file=acceptance.json", "notes": ["none"]}\n',
    "positions.csv": b"position,rate\n0,0.8\n1,0.6\n2,0.4\n",
    "table.csv": b"candidates,tokens\n1,1\n8,2.1\n16,2.4\n",
    "log.jsonl": b'{"accept_length": 2.5, "speculative_num_steps": 3}\n' * 3,
    "page.txt": b"vllm:spec_decode_num_drafts_total 100.0\nvllm:spec_decode_num_draft_tokens_total 300.0\n"
    b"vllm:spec_decode_num_accepted_tokens_total 180.0\n"
    b'vllm:spec_decode_num_accepted_tokens_per_pos_total{position="0"} 80.0\n'
    b'vllm:spec_decode_num_accepted_tokens_per_pos_total{position="1"} 60.0\n'
    b'vllm:spec_decode_num_accepted_tokens_per_pos_total{position="2"} 40.0\n',
}


def run_files() -> dict[str, bytes]:
    """Run documents (`….json`) and journals (`….jsonl.part`) by name."""
    files = {path.name: path.read_bytes() for path in sorted(samples_folder().glob("*.json"))}
    for title, events in _streams().items():
        name = re.sub(r"\W+", "-", title)
        files[f"{name}.jsonl.part"] = journal_bytes(events)
        record = reduce_all(events).record()
        if title == "complete":
            record = with_checks(record)
        files[f"{name}.json"] = document_text(record).encode("ascii")
    return files


def theme_files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(themes_folder().glob("*.yaml"))}


def _streams() -> dict[str, list[ev.EventModel]]:
    streams = {title: build_stream(_small(story)) for title, story in STORIES.items()}
    drafted = Story(**SMALL, sliced=True)
    streams["drafts"] = with_drafts(drafted, suspended=3)
    streams["drafts that failed"] = with_drafts(replace(drafted, rounds=8), failed=Row(1, 128))
    streams["pauses"] = _paused(build_stream(Story(**SMALL)))
    streams["suspended"] = [
        event.model_copy(update={"suspended": True})
        if isinstance(event, ev.SampleTaken) and event.round == 2
        else event
        for event in build_stream(Story(**SMALL))
    ]
    streams["refined"] = REFINED
    streams["decoded"] = decoded_events(decoded_plan(peer=True), rounds=3)
    streams["several batches"] = build_stream(Story(batch_sizes=(1, 4), seq_lens=(16,), rounds=4))
    return streams


def _small(story: Story) -> Story:
    """With as few rows and rounds as the story can be told in."""
    if story.cancelled_at or story.fatal_at or story.drop_after_first_round or story.drop_last_row_half_way:
        return replace(story, rounds=5)
    if story.oom or story.predicted_not_to_fit:
        return replace(story, seq_lens=(512,), rounds=4)
    if story.resumed_at:
        return replace(story, seq_lens=(128,), rounds=8)
    return replace(story, **SMALL)


def _paused(events: list[ev.EventModel]) -> list[ev.EventModel]:
    told: list[ev.EventModel] = []
    for event in events:
        if isinstance(event, ev.RoundStarted) and event.round in (2, 4):
            told += [ev.Paused(t_s=event.t_s), ev.Continued(t_s=event.t_s)]
        told.append(event)
    return told


def write_files(folder: Path) -> Path:
    """All of them under `folder`, as fuzz_worker.py takes them."""
    for kind, files in (("runs", run_files()), ("acceptance", ACCEPTANCE), ("themes", theme_files())):
        (folder / kind).mkdir(parents=True)
        for name, data in files.items():
            (folder / kind / name).write_bytes(data)
    return folder


if __name__ == "__main__":
    write_files(Path(sys.argv[1]))
