"""Counting how many drafts a target accepts: a child of its own, `python -m specprof.measure.accepting`."""
