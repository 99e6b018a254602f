"""Whether a cell is to be believed, and why not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from specprof.plan.stopping import StoppingRule
from specprof.run.events import StopReason
from specprof.run.statistics import Estimate, median_estimate
from specprof.run.telemetry import TelemetrySample
from specprof.run.verdict import Judgement, judge

STEADY = [10.0, 10.1, 9.9, 10.0, 10.1, 9.9, 10.0, 10.0]
RULE = StoppingRule(target_ci=0.05)


def verdict_of(
    *telemetry: TelemetrySample,
    samples: list[float] | None = None,
    latency: Estimate | None = None,
    stop_reason: StopReason = "target",
    on_gpu: bool = False,
    before: TelemetrySample | None = None,
    sampled_at_s: Sequence[float] = (),
) -> Judgement:
    values = samples or STEADY
    return judge(
        samples=values,
        latency=latency or median_estimate(values),
        stop_reason=stop_reason,
        rule=RULE,
        on_gpu=on_gpu,
        telemetry=telemetry,
        before=before,
        sampled_at_s=sampled_at_s,
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


# What the GPU's counters and clocks say


def at(t_s: float, **fields: object) -> TelemetrySample:
    return TelemetrySample(t_s=t_s, source="nvml", throttle_reasons=[], **fields)


def counted(counter: str, values: Sequence[float], step_s: float = 0.1) -> list[TelemetrySample]:
    return [at(number * step_s, **{counter: value}) for number, value in enumerate(values)]


def test_thermal_violation_makes_the_cell_invalid_and_its_share_of_the_time_is_said() -> None:
    found = verdict_of(*counted("thermal_violation_s", [7.0, 7.0, 7.05, 7.06, 7.06]), on_gpu=True)
    # 0.06 s of 4 steps of 0.1 s
    assert found == ("invalid", ("thermal limits held the clocks down for 15.0% of its time",))
    still = verdict_of(*counted("thermal_violation_s", [7.0] * 5), on_gpu=True)
    assert still == ("valid", ())


def test_even_a_trace_of_thermal_violation_spoils_a_cell() -> None:
    found = verdict_of(*counted("thermal_violation_s", [7.0, 7.000001]), on_gpu=True)
    assert found.reasons == ("thermal limits held the clocks down for less than 0.1% of its time",)
    assert found.verdict == "invalid"


def test_power_violation_is_a_warning_with_its_share_of_the_time() -> None:
    found = verdict_of(*counted("power_violation_s", [7.0, 7.1, 7.2]), on_gpu=True)
    assert found == ("warn", ("power limits held the clocks down for 100.0% of its time",))


def test_microseconds_at_the_power_limit_are_what_boosting_does() -> None:
    assert verdict_of(*counted("power_violation_s", [7.0, 7.00009]), on_gpu=True).verdict == "valid"
    assert verdict_of(*counted("power_violation_s", [7.0, 7.00011]), on_gpu=True).verdict == "warn"


def test_memory_errors_that_ecc_could_not_correct_make_the_cell_invalid_and_corrected_ones_a_warning() -> (
    None
):
    found = verdict_of(*counted("ecc_uncorrected", [3, 3, 4]), on_gpu=True)
    assert found == ("invalid", ("1 memory error that ECC could not correct",))
    found = verdict_of(*counted("ecc_corrected", [100, 105]), on_gpu=True)
    assert found == ("warn", ("5 memory errors that ECC corrected",))


def test_what_a_counter_had_before_the_cell_is_not_held_against_it() -> None:
    assert verdict_of(at(0.1, thermal_violation_s=50.0, ecc_uncorrected=9), on_gpu=True) == ("valid", ())


def test_counters_count_from_the_last_reading_before_the_cell() -> None:
    before, within = at(0.0, thermal_violation_s=50.0), at(0.1, thermal_violation_s=50.05)
    found = verdict_of(within, before=before, on_gpu=True)
    assert found == ("invalid", ("thermal limits held the clocks down for 50.0% of its time",))


def test_what_held_the_clocks_down_before_the_cell_does_not_count() -> None:
    before = TelemetrySample(t_s=0, source="nvml", throttle_reasons=["hw_thermal"])
    assert verdict_of(at(0.1), before=before, on_gpu=True) == ("valid", ())


def test_growth_in_a_pause_or_a_gap_is_not_known_to_be_the_cells() -> None:
    apart = [at(0.0, thermal_violation_s=1.0), at(60.0, thermal_violation_s=9.0)]
    assert verdict_of(*apart, on_gpu=True) == ("valid", ())


def test_a_counter_that_began_again_has_not_grown_and_is_counted_on_from_there() -> None:
    assert verdict_of(*counted("ecc_uncorrected", [9, 9, 0, 0]), on_gpu=True) == ("valid", ())
    assert verdict_of(*counted("ecc_uncorrected", [9, 9, 0, 2]), on_gpu=True).verdict == "invalid"


def test_a_counter_that_cannot_be_read_says_nothing() -> None:
    readings = [at(0.0), at(0.1, ecc_corrected=5), at(0.2), at(0.3, ecc_corrected=5)]
    assert verdict_of(*readings, on_gpu=True) == ("valid", ())


def test_a_clock_that_falls_or_rises_steadily_is_a_warning_that_says_by_how_much() -> None:
    # slope −100 MHz/s over 0.4 s, around a median of 1980 MHz: −2.0202 %
    falling = counted("sm_clock_mhz", [2000, 1990, 1980, 1970, 1960])
    assert verdict_of(*falling, on_gpu=True) == (
        "warn",
        ("the SM clock fell by 2.0% while it was measured",),
    )
    rising = counted("sm_clock_mhz", [1500, 1600, 1700, 1800, 1900, 2000])
    # 500 MHz over a median of 1750
    assert verdict_of(*rising, on_gpu=True).reasons == ("the SM clock rose by 28.6% while it was measured",)


def test_a_clock_that_drifts_by_less_than_two_percent_or_only_flickers_is_none() -> None:
    assert verdict_of(*counted("sm_clock_mhz", [2000, 1991, 1981, 1971, 1961]), on_gpu=True) == ("valid", ())
    flickering = counted("sm_clock_mhz", [2000, 1800, 2000, 1800, 2000])
    assert verdict_of(*flickering, on_gpu=True) == ("valid", ())


def test_four_readings_are_too_few_to_tell_a_drift() -> None:
    assert verdict_of(*counted("sm_clock_mhz", [2000, 1900, 1800, 1700]), on_gpu=True) == ("valid", ())


def test_the_clock_before_the_cell_is_no_part_of_its_drift() -> None:
    steady = [at(0.1 * number, sm_clock_mhz=1980) for number in range(1, 7)]
    assert verdict_of(*steady, before=at(0.0, sm_clock_mhz=210), on_gpu=True) == ("valid", ())


# Gaps in the telemetry


def test_samples_taken_in_a_gap_of_the_telemetry_are_counted_in_a_warning() -> None:
    readings = [at(0.1 * number) for number in range(40)]  # up to 3.9 s
    found = verdict_of(*readings, sampled_at_s=[1.0, 2.0, 3.0, 4.8, 5.0, 6.0], on_gpu=True)
    assert found == ("warn", ("no telemetry of the GPU's clocks for 2 of its 6 samples",))


def test_a_cell_of_which_most_samples_were_taken_in_a_gap_is_unverified() -> None:
    found = verdict_of(at(0.5), sampled_at_s=[1.0, 2.0, 3.0], on_gpu=True)
    assert found == ("unverified", ("no telemetry of the GPU's clocks for 2 of its 3 samples",))
    assert verdict_of(at(2.0), sampled_at_s=[1.5, 2.0, 3.1, 4.0], on_gpu=True).verdict == "warn"


def test_a_reading_just_before_the_first_sample_has_seen_it() -> None:
    assert verdict_of(at(2.0), before=at(0.5), sampled_at_s=[1.0, 2.0], on_gpu=True) == ("valid", ())
