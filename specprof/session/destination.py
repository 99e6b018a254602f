"""Where a run goes: a new file, or an unfinished one to go on with."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from specprof.errors import EnvironmentProblem, UsageProblem, WriteProblem
from specprof.places import runs_folder
from specprof.plan.asked import Asked
from specprof.plan.differences import differences
from specprof.plan.plan import Plan
from specprof.run import events as ev
from specprof.run.environment import Environment
from specprof.run.journal import Journal, check_output, journal_path
from specprof.run.reading import load_record, read_journal
from specprof.run.reduce import Reduction
from specprof.run.unfold import unfold


def default_journal(plan: Plan, created_s: float) -> Journal:
    """The journal of a new run in the results folder, which is created, under a name that no run has.

    So it is of two that are begun in the same second too. Raises WriteProblem where it cannot be written.
    """
    folder = runs_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteProblem(
            f"cannot create the results folder {folder}: {error.strerror or error}",
            "name a file with --output",
        ) from None
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(created_s))
    device = plan.device.replace(":", "")
    stem = f"{Path(plan.model.name).name}-{device}-bs{plan.batch_sizes[0]}-{moment}"
    for number in range(1000):
        path = folder / (f"{stem}.json" if not number else f"{stem}-{number}.json")
        if os.path.lexists(path):
            continue
        try:
            journal = Journal(path, new=True)
        except FileExistsError:
            continue
        if not os.path.lexists(path):  # its journal goes once a run is published: one may have come meanwhile
            return journal
        journal.discard()
    raise WriteProblem(f"a thousand runs named {stem} lie in {folder}", "name a file with --output")


def journal_of(output: Path, *, force: bool) -> Journal:
    """The journal of a new run that is to be written to `output`. Raises WriteProblem."""
    check_output(output, force=force)
    journal = Journal(output, force=force)
    try:
        check_output(output, force=force)  # another specprof may have finished it before the lock was ours
    except WriteProblem:
        journal.discard()
        raise
    return journal


@dataclass(frozen=True)
class Unfinished:
    """A run to go on with: its events so far, and the journal they go to."""

    journal: Journal
    reduction: Reduction
    from_document: bool
    """The events came from a published partial document; the journal was made from them again."""

    def undo(self) -> None:
        """Leaves everything as it was found."""
        if self.from_document:
            self.journal.discard()
        else:
            self.journal.close()


def newest_unfinished() -> Path:
    """Output path of the newest unfinished run in the results folder. Raises UsageProblem for none."""
    folder = runs_folder()
    found: list[tuple[float, Path]] = []
    if folder.is_dir():
        for journal in filter(_begun, folder.glob("*.jsonl.part")):
            output = journal.with_name(journal.name.removesuffix(".jsonl.part") + ".json")
            found.append((journal.stat().st_mtime, output))
        documents = filter(_says_unfinished, folder.glob("*.json"))
        found.extend((document.stat().st_mtime, document) for document in documents)
    if not found:
        raise UsageProblem(f"no unfinished run lies in {folder}", "name one with --output FILE")
    return max(found)[1]


def _begun(journal: Path) -> bool:
    """Whether there is a journal that holds anything: one whose run was killed at once is empty."""
    try:
        return journal.stat().st_size > 0
    except OSError:
        return False


def _says_unfinished(document: Path) -> bool:
    """Whether a run file says so in its first lines. What cannot be read is not gone on with."""
    try:
        if not document.is_file():  # a pipe would be waited for
            return False
        with document.open("rb") as file:
            return re.search(rb'"status": "(partial|cancelled|failed)"', file.read(1000)) is not None
    except OSError:
        return False


def open_unfinished(output: Path | None, asked: Asked) -> Unfinished:
    """Opens an unfinished run for going on. Raises UsageProblem where it is another run than asked for."""
    path = newest_unfinished() if output is None else output
    lying = journal_path(path)
    if _begun(lying):
        journal = Journal(path, resume=True)
        events = _intact_events(journal)
        from_document = False
    elif path.exists():
        loaded = load_record(path)
        if loaded.record.status == "complete":
            raise UsageProblem(f"the run in {path} is complete", "there is nothing to go on with")
        if loaded.record.reference is not None:
            raise UsageProblem(f"{path} is a published figure", "there is nothing to go on with")
        check_output(path, force=True)
        journal = Journal(path)
        events = list(unfold(loaded.record))
        from_document = True
    else:
        raise UsageProblem(f"there is no run to go on with at {path}", "check the path given with --output")
    try:
        return _continued(journal, events, from_document, asked)
    except BaseException:
        if from_document:
            journal.discard()
        else:
            journal.close()
        raise


def _intact_events(journal: Journal) -> list[ev.EventModel]:
    """The whole lines of a locked journal; a torn last one is cut off, so that new ones can follow."""
    try:
        read = read_journal(journal.path)
    except BaseException:
        journal.close()
        raise
    journal.cut_after(read.intact_bytes)
    return list(read.events)


def _continued(
    journal: Journal, events: list[ev.EventModel], from_document: bool, asked: Asked
) -> Unfinished:
    reduction = Reduction()
    for event in events:
        reduction.apply(event)
    header = reduction.header
    assert header is not None
    _same_version(header.specprof_version)
    changed = differences(header.plan, asked)
    if changed:
        raise UsageProblem(
            "the unfinished run has another plan: " + "; ".join(changed[:10]),
            "leave these options out to go on with it",
        )
    if from_document:
        journal.take_up(events)
    return Unfinished(journal, reduction, from_document)


def _same_version(recorded: str) -> None:
    from specprof.version import __version__

    if recorded != __version__:
        raise UsageProblem(
            f"the unfinished run was begun by specprof {recorded}, this is {__version__}",
            "finish it with that version, or measure anew",
        )


def check_same_machine(before: Environment | None, now: Environment) -> None:
    """Refuses to mix measurements of different devices or library versions in one run.

    Raises EnvironmentProblem that lists the differences.
    """
    if before is None:
        return
    pairs = {
        "device": (before.device.name, now.device.name),
        "device uuid": (before.device.uuid, now.device.uuid),
        "threads": (before.device.threads, now.device.threads),
        "torch": (before.torch, now.torch),
        "transformers": (before.transformers, now.transformers),
        "torchao": (before.torchao, now.torchao),
    }
    changed = [f"{name} was {old}, is {new}" for name, (old, new) in pairs.items() if old != new]
    if changed:
        raise EnvironmentProblem(
            "the unfinished run was measured elsewhere: " + "; ".join(changed),
            "go on with it there, or measure anew",
        )
