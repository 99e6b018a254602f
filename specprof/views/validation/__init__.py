"""Simulated against real speculative decoding, drawn and in words."""
