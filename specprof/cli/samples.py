"""`specprof samples`: the results that come with specprof."""

from __future__ import annotations


def samples() -> None:
    """List the sample results that come with specprof."""
    from specprof.analysis.opened import load
    from specprof.cli.streams import print_text
    from specprof.run.samples import sample_names
    from specprof.run.sanitize import clean

    lines = []
    for name in sample_names():
        record = load(name).record
        device = record.environment.device.name if record.environment else "unknown device"
        what = "published figure" if record.reference else f"{record.status} run"
        batches = ",".join(map(str, record.plan.batch_sizes))
        lines.append(f"{clean(name)}\t{record.plan.model.title}, batch {batches}, {device}, {what}\n")
    print_text("".join(lines))
