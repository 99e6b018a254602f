"""Whether a cell is to be believed, and why not."""

from __future__ import annotations

import pytest

from specprof.plan.stopping import StoppingRule
from specprof.run.events import StopReason, TelemetrySample
from specprof.run.statistics import Estimate, median_estimate
from specprof.run.verdict import Judgement, judge

STEADY = [10.0, 10.1, 9.9, 10.0, 10.1, 9.9, 10.0, 10.0]
RULE = StoppingRule(target_ci=0.05)


def verdict_of(
    *telemetry: TelemetrySample,
    samples: list[float] | None = None,
    latency: Estimate | None = None,
    stop_reason: StopReason = "target",
    on_gpu: bool = False,
) -> Judgement:
    values = samples or STEADY
    return judge(
        samples=values,
        latency=latency or median_estimate(values),
        stop_reason=stop_reason,
        rule=RULE,
        on_gpu=on_gpu,
        telemetry=telemetry,
    )


def nvml(*reasons: str, pids: list[int] | None = None) -> TelemetrySample:
    return TelemetrySample(t_s=0, source="nvml", throttle_reasons=list(reasons), foreign_pids=pids)


def host(other_cpu_pct: float | None) -> TelemetrySample:
    return TelemetrySample(t_s=0, source="host", other_cpu_pct=other_cpu_pct)


def test_a_steady_cell_on_a_quiet_machine_is_valid() -> None:
    assert verdict_of(host(3.0)) == ("valid", ())
    assert verdict_of(nvml(), on_gpu=True) == ("valid", ())


def test_on_a_gpu_without_telemetry_a_cell_is_unverified_and_never_valid() -> None:
    assert verdict_of(on_gpu=True) == ("unverified", ("no telemetry of the GPU's clocks",))
    assert verdict_of(host(3.0), on_gpu=True).verdict == "unverified"
    unread = TelemetrySample(t_s=0, source="nvml", power_w=300.0, throttle_reasons=None)
    assert verdict_of(unread, on_gpu=True).verdict == "unverified"


def test_without_a_gpu_nobody_asks_for_its_clocks() -> None:
    assert verdict_of().verdict == "valid"


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("hw_slowdown", "hardware slowdown"),
        ("sw_thermal", "thermal slowdown (software)"),
        ("hw_thermal", "thermal slowdown (hardware)"),
        ("hw_power_brake", "power brake"),
    ],
)
def test_a_single_reading_of_a_slowdown_makes_the_cell_invalid(reason: str, said: str) -> None:
    assert verdict_of(nvml(), nvml(reason), nvml(), on_gpu=True) == ("invalid", (said,))


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("sw_power_cap", "held back by the power cap"),
        ("application_clocks", "application clocks are set"),
        ("sync_boost", "sync boost"),
    ],
)
def test_clocks_held_back_on_purpose_are_a_warning(reason: str, said: str) -> None:
    assert verdict_of(nvml(reason), on_gpu=True) == ("warn", (said,))


def test_an_idle_gpu_between_steps_is_no_reason() -> None:
    assert verdict_of(nvml("gpu_idle"), on_gpu=True) == ("valid", ())


def test_an_invalid_cell_names_its_warnings_too_after_what_spoilt_it() -> None:
    found = verdict_of(nvml("sw_power_cap", "hw_thermal"), on_gpu=True, stop_reason="interrupted")
    assert found.verdict == "invalid"
    assert found.reasons == ("thermal slowdown (hardware)", "held back by the power cap", "interrupted")


def test_another_process_on_the_gpu_is_named_by_its_pid() -> None:
    found = verdict_of(nvml(pids=[40, 7]), nvml(pids=[7]), on_gpu=True)
    assert found == ("warn", ("another process on the GPU (pid 7, 40)",))


def test_a_crowd_on_the_gpu_stays_one_short_reason() -> None:
    found = verdict_of(*(nvml(pids=list(range(n, n + 1000))) for n in range(0, 9000, 1000)), on_gpu=True)
    assert found.reasons == ("another process on the GPU (pid 0, 1, 2, 3, 4, 5, 6, 7 …)",)


def test_a_host_that_is_busy_on_average_is_a_warning() -> None:
    assert verdict_of(host(10.0), host(50.0)) == ("warn", ("other programs used 30 % of the host's CPU",))
    assert verdict_of(host(10.0), host(30.0)).verdict == "valid"
    assert verdict_of(host(None)).verdict == "valid"


def test_fewer_than_six_samples_cannot_give_95_percent() -> None:
    found = verdict_of(samples=STEADY[:5])
    assert found == ("warn", ("only 5 samples: the interval covers less than 95 %",))
    assert verdict_of(samples=STEADY[:6]).verdict == "valid"


def test_an_interval_wider_than_asked_for_is_a_warning() -> None:
    found = verdict_of(latency=Estimate(10.0, 9.0, 10.6))
    assert found == ("warn", ("interval ±8.0% is wider than the ±5.0% asked for",))
    assert verdict_of(latency=Estimate(10.0, 9.5, 10.5)).verdict == "valid"


def test_noisy_samples_are_a_warning_even_where_their_median_is_sure() -> None:
    samples = [9.0, 11.0] * 10
    found = verdict_of(samples=samples, latency=Estimate(10.0, 9.9, 10.1))
    assert found == ("warn", ("noisy: interquartile range 20% of the median",))


def test_an_interrupted_cell_says_so() -> None:
    assert verdict_of(stop_reason="interrupted") == ("warn", ("interrupted",))
