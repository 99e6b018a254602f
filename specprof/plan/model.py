"""The shape of the target model: what fixes its latency. No weights, no names of tensors."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

BYTES_PER_VALUE = {"float32": 4, "bfloat16": 2, "float16": 2}

_Size = Annotated[int, Field(ge=1, le=1 << 24, strict=True)]


class ModelShape(BaseModel):
    """A Llama-architecture model, by its sizes.

    `layers_measured` may be smaller than `layers_total`: the measurement then runs that slice with
    embedding, final norm and head, and full depth is an estimate.
    """

    model_config = ConfigDict(frozen=True)

    name: str = Field(max_length=200)
    title: str = Field(max_length=200, description="The name that stands over the curves, e.g. 'Llama 7B'")
    hidden_size: _Size
    intermediate_size: _Size
    num_attention_heads: _Size
    num_key_value_heads: _Size
    head_dim: _Size
    vocab_size: _Size
    layers_measured: _Size
    layers_total: _Size
    max_position_embeddings: _Size = 2048
    positions_enforced: bool = Field(
        default=False,
        description="True for a checkpoint, whose context length is a fact; presets have random weights",
    )
    rms_norm_eps: float = Field(default=1e-5, gt=0, lt=1)
    rope_theta: float = Field(default=10000.0, gt=0, lt=1e12)
    tie_word_embeddings: bool = False
    attention_bias: bool = False
    mlp_bias: bool = False
    checkpoint: str | None = Field(default=None, max_length=4096, description="Folder of config and weights")
    has_weights: bool = Field(default=False, description="Whether that folder holds safetensors weights")

    @model_validator(mode="after")
    def _shapes_agree(self) -> ModelShape:
        if self.layers_measured > self.layers_total:
            raise ValueError(
                f"cannot measure {self.layers_measured} layers of a model that has {self.layers_total}"
            )
        if self.num_attention_heads % self.num_key_value_heads:
            raise ValueError(
                f"{self.num_attention_heads} attention heads cannot share "
                f"{self.num_key_value_heads} key-value heads evenly"
            )
        return self

    @property
    def full_depth(self) -> bool:
        return self.layers_measured == self.layers_total

    @property
    def layer_parameters(self) -> int:
        """Weights of one decoder layer: q, k, v, o projections, gate, up, down, biases, two norms."""
        queries = self.num_attention_heads * self.head_dim
        keys = self.num_key_value_heads * self.head_dim
        attention = 2 * self.hidden_size * (queries + keys)
        if self.attention_bias:
            attention += queries + 2 * keys + self.hidden_size
        mlp = 3 * self.hidden_size * self.intermediate_size
        if self.mlp_bias:
            mlp += 2 * self.intermediate_size + self.hidden_size
        return attention + mlp + 2 * self.hidden_size

    @property
    def head_parameters(self) -> int:
        """Weights of embedding, final norm and head."""
        tables = 1 if self.tie_word_embeddings else 2
        return tables * self.vocab_size * self.hidden_size + self.hidden_size

    def parameters(self, layers: int | None = None) -> int:
        """Weights of a model of `layers` layers (all of them where None)."""
        depth = self.layers_total if layers is None else layers
        return self.head_parameters + depth * self.layer_parameters
