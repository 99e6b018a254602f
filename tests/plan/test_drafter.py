"""What `--drafter` means, and which drafters a plan takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from specprof.errors import EnvironmentProblem, UsageProblem
from specprof.plan.asked import Asked
from specprof.plan.assemble import assemble
from specprof.plan.differences import differences
from specprof.plan.drafter import DEEPEST, Drafter, drafter_from
from specprof.plan.memory import draft_pass_bytes, draft_weight_bytes
from specprof.plan.model import ModelShape
from specprof.plan.plan import Plan, Row
from specprof.plan.presets import DRAFT_PRESETS, PRESETS

TINY = Asked(model="tiny", seq_len="32,64", candidates="1,4")


def plan_with(drafter: str | None, **changes: object) -> Plan:
    return assemble(replace(TINY, drafter=drafter, **changes), "cpu").plan


def never(name: str) -> ModelShape:
    raise AssertionError(f"{name} is no model")


@pytest.mark.parametrize(
    ("text", "kind", "depth", "width"),
    [
        ("medusa:4", "medusa", 4, 1),
        (" eagle:5 ", "eagle", 5, 10),
        ("eagle:1", "eagle", 1, 1),
        ("eagle:064", "eagle", 64, 10),
    ],
)
def test_heads_and_layers_are_named_with_their_number(text: str, kind: str, depth: int, width: int) -> None:
    found = drafter_from(text, never)
    assert (found.kind, found.depth, found.width, found.model) == (kind, depth, width, None)
    assert found.text == str(found) == text.strip()


def test_a_small_llama_is_a_preset_or_a_folder() -> None:
    asked: list[str] = []

    def shape(name: str) -> ModelShape:
        asked.append(name)
        return PRESETS["tiny"]

    assert drafter_from("llama-68m:5", shape).kind == "llama"
    assert drafter_from("/models/a:b:3", shape).depth == 3
    assert drafter_from("./medusa:3", shape).width == 1
    assert asked == ["llama-68m", "/models/a:b", "./medusa"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("eagle", "how deep"),
        ("", "how deep"),
        (":5", "how deep"),
        ("eagle:", "whole number"),
        ("eagle:0", "whole number"),
        ("eagle:-1", "whole number"),
        ("eagle:2.5", "whole number"),
        ("eagle:٣", "whole number"),
        (f"medusa:{DEEPEST + 1}", f"1 to {DEEPEST}"),
        ("medusa:" + "9" * 5000, "longer than"),
        ("\x1b[31m:x", "whole number"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_printable_line(text: str, said: str) -> None:
    with pytest.raises(UsageProblem, match=said) as caught:
        drafter_from(text, never)
    assert str(caught.value).isprintable()
    assert "write medusa:4" in str(caught.value)


def test_llama_68m_has_the_published_sizes() -> None:
    # the config.json of JackFram/llama-68m
    shape = DRAFT_PRESETS["llama-68m"]
    assert (shape.hidden_size, shape.layers_total, shape.num_attention_heads) == (768, 2, 12)
    assert (shape.intermediate_size, shape.vocab_size, shape.rms_norm_eps) == (3072, 32000, 1e-6)
    assert shape.parameters() == 2 * 32000 * 768 + 2 * (4 * 768 * 768 + 3 * 768 * 3072 + 2 * 768) + 768


def test_no_drafter_unless_one_is_asked_for() -> None:
    assert plan_with(None).drafter is None
    assert draft_weight_bytes(plan_with(None)) == draft_pass_bytes(plan_with(None), Row(1, 32)) == 0
    assert plan_with("llama-68m:5").drafter.model == DRAFT_PRESETS["llama-68m"]
    assert plan_with("llama-7b:2").drafter.model == PRESETS["llama-7b"]


def test_a_preset_that_only_drafts_is_no_model_to_verify_with() -> None:
    with pytest.raises(EnvironmentProblem, match="no model 'llama-68m'"):
        assemble(Asked(model="llama-68m"), "cpu")
    with pytest.raises(EnvironmentProblem, match="llama-68m"):
        plan_with("nothing:5")


def test_another_vocabulary_is_said() -> None:
    said = assemble(replace(TINY, drafter="llama-68m:5"), "cpu").notes
    assert said == ("--drafter: llama-68m has 32000 tokens and tiny 256: it could not draft for it",)
    assert assemble(replace(TINY, drafter="tiny:5"), "cpu").notes == ()


def test_a_folders_positions_hold_for_the_drafter(checkpoint) -> None:
    folder: Path = checkpoint.config(max_position_embeddings=64)
    with pytest.raises(
        UsageProblem, match="seq_len 64 and a token go beyond the 64 positions of the drafter"
    ):
        plan_with(f"{folder}:5")
    assert plan_with(f"{folder}:5", seq_len="32,63").drafter.model.checkpoint == str(folder)
    default = assemble(Asked(model="tiny", drafter=f"{checkpoint.config()}:5"), "cpu")
    assert default.plan.seq_lens == (128,)
    assert "--seq-len: 512, 2048 left out, Tiny-Llama has 256 positions" in default.notes


def test_eagle_takes_ten_tokens_and_refuses_a_vocabulary_without_them(checkpoint) -> None:
    folder = checkpoint.config(vocab_size=9)
    with pytest.raises(UsageProblem, match="eagle takes the best 10 tokens, Tiny-Llama has 9"):
        plan_with("eagle:1", model=str(folder))
    assert plan_with("medusa:1", model=str(folder)).drafter.depth == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "llama"},
        {"kind": "eagle", "model": PRESETS["tiny"]},
        {"kind": "llama", "model": PRESETS["tiny"].model_copy(update={"layers_measured": 1})},
        {"kind": "eagle", "width": 11},
        {"kind": "eagle", "depth": 0},
        {"kind": "eagle", "depth": True},
    ],
)
def test_a_drafter_from_a_file_is_whole(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Drafter.model_validate({"text": "x:1", "depth": 1, **fields})


def test_its_weights_and_the_numbers_of_a_pass_counted_by_hand() -> None:
    # tiny: hidden 64, vocabulary 256, MLP 176, 4 heads and 2 kv heads of 16
    layer = 2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 176
    for text, weights, numbers in [
        ("medusa:3", 3 * (64 * 64 + 64 + 64 * 256), 2 * 3 * 256),
        ("eagle:5", 2 * 64 * 64 + 64 + layer + 64, 2 * (2 * 2 * 16 * (32 + 10) + 10 * 256)),
        ("tiny:5", 2 * 256 * 64 + 64 + 4 * (layer + 2 * 64), 2 * (4 * 2 * 2 * 16 * 33 + 256)),
    ]:
        plan = plan_with(text, batch_size="2")
        assert draft_weight_bytes(plan) == 4 * weights, text
        assert draft_pass_bytes(plan, Row(2, 32)) - (256 << 20) == 4 * numbers, text
    block = plan_with("eagle:5", workload="paper-block")
    assert draft_weight_bytes(block) - draft_weight_bytes(plan_with("eagle:5")) == 4 * 2 * 256 * 64


def test_a_run_is_gone_on_with_the_drafter_it_has() -> None:
    recorded = plan_with("eagle:5")
    assert differences(recorded, TINY) == differences(recorded, replace(TINY, drafter="eagle:5")) == []
    other = replace(TINY, drafter="medusa:4")
    assert differences(recorded, other) == ["--drafter medusa:4, the run has eagle:5"]
    assert differences(plan_with(None), other) == ["--drafter medusa:4, the run has none"]
