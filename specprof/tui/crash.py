"""A defect of specprof's own: its traceback goes to a file, and one line says where."""

from __future__ import annotations

import os
import traceback
from datetime import UTC, datetime

from specprof.places import logs_folder
from specprof.run.sanitize import clean


def keep_traceback(error: BaseException) -> str:
    """Writes the traceback down. Returns the sentence to say; never raises."""
    what = clean(f"{type(error).__name__}: {error}", 300)
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    path = logs_folder() / f"crash-{moment}-{os.getpid()}.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8", errors="replace")
    except OSError:
        return f"specprof has a defect, please report it: {what}"
    return f"specprof has a defect, please report it: {what}; details in {path}"
