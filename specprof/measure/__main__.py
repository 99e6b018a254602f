"""The measuring child: `python -m specprof.measure --events FD --job FD`.

Reads a Job from one inherited descriptor, speaks events on another, and hears on a third whether to
pause. SIGINT ends it after the sample in progress; it dies with its parent.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys

from specprof.errors import EnvironmentProblem, SpecprofError
from specprof.measure.child_process import Interrupt, die_with_parent, stay_offline
from specprof.measure.pause import Pause
from specprof.measure.speaker import ParentGone, Speaker
from specprof.measure.suspension import leave_to_main_thread
from specprof.run import events as ev
from specprof.run.job import Job


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m specprof.measure")
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--job", type=int, required=True)
    parser.add_argument("--wishes", type=int)
    asked = parser.parse_args()
    die_with_parent(asked.events)
    leave_to_main_thread()
    interrupt = Interrupt()
    with os.fdopen(asked.job, encoding="utf-8") as file:
        job = Job.model_validate_json(file.read())
    speaker = Speaker(asked.events, job.origin_s)
    try:
        return _measure(job, speaker, interrupt, Pause(asked.wishes))
    except KeyboardInterrupt:
        with contextlib.suppress(ParentGone):
            speaker.say(ev.Cancelled, reason="interrupted")
        return 0
    except SpecprofError as error:
        speaker.say(ev.Fatal, exit_code=error.exit_code, what=error.what, remedy=error.remedy)
        return error.exit_code
    except ParentGone:
        return 0


def _measure(job: Job, speaker: Speaker, interrupt: Interrupt, pause: Pause) -> int:
    stay_offline()
    try:
        import torch

        from specprof.measure import capacity, environment
        from specprof.measure.workbench import open_bench, open_drafter
    except ImportError as error:
        raise EnvironmentProblem(
            f"cannot import what the measurement needs: {error}", "reinstall specprof with its dependencies"
        ) from None

    torch.manual_seed(job.plan.seed)
    device = environment.open_device(job.plan)
    speaker.say(ev.EnvironmentRead, environment=environment.read_environment(job.plan, device))
    capacity.check_model_fits(job.plan, device)
    with torch.inference_mode():
        kept = {"before": job.built, "without": job.without_modes}
        bench, opened = open_bench(job.plan, device, speaker, interrupt, **kept)
        from specprof.plan.memory import weight_bytes

        speaker.say(ev.ModelBuilt, weight_bytes=weight_bytes(job.plan), **opened._asdict())
        bench.pause = pause
        bench.without_draft = set(job.without_draft)
        bench.without_decoding = set(job.without_decoding)
        open_drafter(bench, job.rows_to_draft())
        return _sweep(job, bench, interrupt)


def _sweep(job: Job, bench, interrupt: Interrupt) -> int:
    from specprof.measure.bench import CancelledByUser
    from specprof.measure.sweep import Sweep

    bench.suspension.watch()
    interrupt.at_once = False
    if interrupt.asked:
        raise KeyboardInterrupt
    try:
        ended = Sweep(bench, job).run()
    except CancelledByUser:
        bench.speaker.say(ev.Cancelled, reason="interrupted")
        return 0
    bench.speaker.say(ev.RunEnded, cells_finished=ended)
    return 0


if __name__ == "__main__":
    sys.exit(main())
