"""Samples of the host (psutil) and the GPU (NVML). Every field may be missing, with a reason."""
