"""The likely cause of a cliff, from shapes, device and what was profiled.

A matrix product computes its output in tiles: of M = B·K rows a last, nearly empty tile costs as much as a
full one, and where the tiles no longer fit the processors at once, another wave of them begins (NVIDIA,
"Matrix Multiplication Background User's Guide", tile and wave quantization). Fused attention goes through
the queries of each head in blocks of 64 or 128 (FlashAttention-2, arXiv 2307.08691, section 3). Which tiles
ran is not recorded: these are inferences and said to be likely. Where both cells were profiled, kernels that
came or went are known by name; that they are the cause is an inference too, from one step of each. Graphs are
captured for each count by itself, so no cell here pays for padding to a captured size.
"""

from specprof.analysis.findings.cause.cause import cause_of_cliff

__all__ = ["cause_of_cliff"]
