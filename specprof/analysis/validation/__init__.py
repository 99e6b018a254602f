"""The simulated speedup against real decoding."""
