"""What the curves say, in plain sentences with their numbers and how sure they are."""

from specprof.analysis.findings.find import find_all
from specprof.analysis.findings.finding import Certainty, Finding, Kind

__all__ = ["Certainty", "Finding", "Kind", "find_all"]
