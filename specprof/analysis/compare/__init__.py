"""Comparing runs: ratios with their intervals, what changed beyond chance, and what differs besides."""
