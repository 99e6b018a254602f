"""Acceptance models: how many tokens one verify step of K candidates is expected to yield."""

from specprof.analysis.acceptance.chain import Chain
from specprof.analysis.acceptance.log_fit import PUBLISHED, LogFit, log_fit_from
from specprof.analysis.acceptance.model import AcceptanceModel, Parameter, Vector
from specprof.analysis.acceptance.positions import Positions
from specprof.analysis.acceptance.registry import ACCEPTANCE_MODELS, acceptance_from
from specprof.analysis.acceptance.table import Table
from specprof.analysis.acceptance.trees import Medusa, Sequoia

__all__ = [
    "ACCEPTANCE_MODELS",
    "PUBLISHED",
    "AcceptanceModel",
    "Chain",
    "LogFit",
    "Medusa",
    "Parameter",
    "Positions",
    "Sequoia",
    "Table",
    "Vector",
    "acceptance_from",
    "log_fit_from",
]
