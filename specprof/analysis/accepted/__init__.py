"""Acceptance as it was counted, prompt by prompt: rates with intervals, and the document that keeps them."""
