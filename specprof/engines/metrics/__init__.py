"""Acceptance metrics in: what an inference engine measured, as rates per draft position or a mean length."""

from specprof.engines.metrics.measured import MeasuredAcceptance, rate_intervals
from specprof.engines.metrics.read import KINDS, read_acceptance

__all__ = ["KINDS", "MeasuredAcceptance", "rate_intervals", "read_acceptance"]
