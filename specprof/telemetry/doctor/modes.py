"""The modes that a GPU is in: persistence, ECC, MIG, compute mode."""

from __future__ import annotations

from collections.abc import Iterator

from specprof.telemetry.doctor.finding import Finding, unknown
from specprof.telemetry.nvml_library import NOT_SUPPORTED, REFUSED_READINGS
from specprof.telemetry.probe import GpuHealth, ProbedDevice

_UNSUPPORTED = REFUSED_READINGS[NOT_SUPPORTED]


def mode_findings(gpu: ProbedDevice, health: GpuHealth) -> Iterator[Finding]:
    """A finding per mode, and one for ECC's errors."""
    yield _persistence(gpu, health)
    yield _ecc(gpu, health)
    yield _ecc_errors(gpu, health)
    yield _mig(gpu, health)
    yield _compute_mode(gpu, health)


def _persistence(gpu: ProbedDevice, health: GpuHealth) -> Finding:
    check = "persistence"
    if health.persistence is None:
        return unknown(check, "persistence mode", [health.missing.get("persistence")])
    if health.persistence:
        return Finding(check, "good", "persistence mode is on")
    words = (
        "persistence mode is off: the driver unloads between programs, forgets locked clocks, "
        "and each run starts from cold"
    )
    return Finding(check, "warning", words, "keep the driver loaded", f"sudo nvidia-smi -i {gpu.index} -pm 1")


def _ecc(gpu: ProbedDevice, health: GpuHealth) -> Finding:
    check = "ECC"
    if health.ecc is None:
        return _not_read(check, health, "ecc", "the ECC mode", "this GPU has no ECC to switch")
    state = _on(health.ecc)
    if health.ecc_pending is not None and health.ecc_pending != health.ecc:
        later = _on(health.ecc_pending)
        words = f"ECC is {state} and will be {later} after a reboot: bandwidth may change with it"
        command = f"sudo nvidia-smi -i {gpu.index} -e {int(health.ecc)}"
        return Finding(check, "warning", words, "reboot before measuring, or take the change back", command)
    return Finding(check, "good", f"ECC is {state}; compare with GPUs set alike only")


def _ecc_errors(gpu: ProbedDevice, health: GpuHealth) -> Finding:
    check = "ECC errors"
    if health.ecc_uncorrected is None:
        absent = "memory errors are not counted without ECC"
        return _not_read(check, health, "ecc_uncorrected", "the count of memory errors", absent)
    if health.ecc_uncorrected == 0:
        return Finding(check, "good", "no uncorrected memory error since the driver was loaded")
    words = f"{health.ecc_uncorrected} uncorrected memory errors since the driver was loaded"
    remedy = "reboot; if they come back, have the GPU exchanged"
    command = f"nvidia-smi -i {gpu.index} -q -d ECC,ROW_REMAPPER"
    return Finding(check, "bad", words, f"see which, and {remedy}", command)


def _mig(gpu: ProbedDevice, health: GpuHealth) -> Finding:
    check = "MIG"
    if health.mig is None:
        return _not_read(check, health, "mig", "the MIG mode", "this GPU cannot be divided (MIG)")
    if not health.mig:
        return Finding(check, "good", "it is not divided (MIG is off)")
    words = (
        "MIG is on: what is measured is one slice of it, whose neighbours share its power, and power is "
        "not read per slice"
    )
    return Finding(check, "warning", words, "measure the whole GPU", f"sudo nvidia-smi -i {gpu.index} -mig 0")


def _compute_mode(gpu: ProbedDevice, health: GpuHealth) -> Finding:
    check, mode = "compute mode", health.compute_mode
    if mode is None:
        return unknown(check, "the compute mode", [health.missing.get("compute_mode")])
    remedy, command = "set it to default", f"sudo nvidia-smi -i {gpu.index} -c DEFAULT"
    if mode == "prohibited":
        return Finding(check, "bad", "compute mode is prohibited: no program can use it", remedy, command)
    if mode == "default":
        return Finding(check, "good", "compute mode is default")
    if gpu.processes:
        words = "compute mode is exclusive and another program is on it: a run may not get it"
        return Finding(check, "bad", words, f"end that program, or {remedy}", command)
    return Finding(check, "good", "compute mode is exclusive: nobody else gets it during a run")


def _not_read(check: str, health: GpuHealth, field: str, what: str, absent: str) -> Finding:
    """Of a setting that this GPU does not have, `absent`; of one that could not be read, the reason."""
    reason = health.missing.get(field)
    return Finding(check, "good", absent) if reason == _UNSUPPORTED else unknown(check, what, [reason])


def _on(state: bool) -> str:
    return "on" if state else "off"
