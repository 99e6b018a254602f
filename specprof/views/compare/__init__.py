"""Comparisons of runs on stdout."""
