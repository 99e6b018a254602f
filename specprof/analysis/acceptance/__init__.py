"""Acceptance models: how many tokens one verify step of K candidates is expected to yield."""

from specprof.analysis.acceptance.chain import Chain
from specprof.analysis.acceptance.log_fit import PUBLISHED, LogFit, log_fit_from
from specprof.analysis.acceptance.model import AcceptanceModel, Parameter, Vector
from specprof.analysis.acceptance.registry import ACCEPTANCE_MODELS, acceptance_from

__all__ = [
    "ACCEPTANCE_MODELS",
    "PUBLISHED",
    "AcceptanceModel",
    "Chain",
    "LogFit",
    "Parameter",
    "Vector",
    "acceptance_from",
    "log_fit_from",
]
