"""Runs as files for other programs and other people: CSV, figures, a page."""
