"""Writing a run: the journal while it goes on, the document at its end. Rows are FAULTS.md's."""

from __future__ import annotations

import errno
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from specprof.errors import WriteProblem
from specprof.run import events as ev
from specprof.run import journal as journal_module
from specprof.run.journal import Journal, check_output, document_text, journal_path, write_document
from specprof.run.reading import load_record, read_journal

from .streams import Story, build_stream, reduce_all

NOBODY = 65534
EVENTS = build_stream(Story(rounds=6, telemetry=False))
RECORD = reduce_all(EVENTS).record()


def refusal(output: Path, *, force: bool = False) -> str:
    """What check_output says against `output`, which it must refuse with exit code 5."""
    with pytest.raises(WriteProblem) as caught:
        check_output(output, force=force)
    assert caught.value.exit_code == 5
    assert "\n" not in str(caught.value)
    return str(caught.value)


def written(output: Path, events: list[ev.EventModel] = EVENTS) -> None:
    """An unfinished run's journal, as a killed process leaves it."""
    with Journal(output) as journal:
        for event in events:
            journal.append(event)


# Before anything is measured


@pytest.fixture
def as_nobody() -> Iterator[None]:
    """The test's own process without root's right to write anywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user may enter: pytest's own are closed to all but their owner."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


def test_a_read_only_folder_is_refused_row_10(open_folder, request):
    os.chmod(open_folder, 0o555)
    request.getfixturevalue("as_nobody")
    assert "Permission denied" in refusal(open_folder / "run.json")
    assert list(open_folder.iterdir()) == []


def test_a_folder_on_a_file_system_that_takes_no_files_is_refused_even_to_root_row_10():
    folder = Path("/sys/kernel")
    if not folder.is_dir():
        pytest.skip("no sysfs here")
    assert "cannot write /sys/kernel" in refusal(folder / "run.json")


def test_a_folder_inside_one_that_may_not_be_entered_is_refused_row_10(open_folder, request):
    closed = open_folder / "closed"
    (closed / "inner").mkdir(parents=True)
    os.chmod(closed, 0o000)
    request.getfixturevalue("as_nobody")
    assert "Permission denied" in refusal(closed / "inner" / "run.json")


def test_a_folder_that_is_not_there_is_refused_and_not_created(tmp_path):
    assert "does not exist" in refusal(tmp_path / "missing" / "run.json")
    assert not (tmp_path / "missing").exists()


def test_a_name_too_long_for_the_file_system_is_refused(tmp_path):
    assert "File name too long" in refusal(tmp_path / ("x" * 300))


def test_a_result_that_exists_is_refused_unless_forced_row_11(tmp_path):
    output = tmp_path / "run.json"
    output.write_text("older")
    assert "--force" in refusal(output)
    check_output(output, force=True)
    assert output.read_text() == "older"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("link to a file", "symbolic link"),
        ("link to nothing", "symbolic link"),
        ("pipe", "a pipe"),
        ("folder", "a folder"),
        ("socket", "device or socket"),
    ],
)
@pytest.mark.parametrize("force", [False, True], ids=["", "forced"])
def test_what_is_no_regular_file_is_refused_even_when_forced_row_12(tmp_path, kind, said, force):
    output = tmp_path / "run.json"
    match kind:
        case "link to a file":
            (tmp_path / "target").write_text("precious")
            output.symlink_to("target")
        case "link to nothing":
            output.symlink_to("nothing")
        case "pipe":
            os.mkfifo(output)
        case "folder":
            output.mkdir()
        case "socket":
            with socket.socket(socket.AF_UNIX) as listening:
                listening.bind(str(output))
    assert said in refusal(output, force=force)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".specprof-")] == []


def test_looking_whether_the_folder_takes_files_leaves_none_in_it(tmp_path):
    check_output(tmp_path / "run.json", force=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_a_journal_is_never_written_through_a_link_or_into_a_pipe(tmp_path, kind):
    output = tmp_path / "run.json"
    target = tmp_path / "target"
    target.write_text("precious")
    if kind == "link":
        journal_path(output).symlink_to(target)
    else:
        os.mkfifo(journal_path(output))
    with pytest.raises(WriteProblem):
        Journal(output, force=True)
    assert target.read_text() == "precious"


# Two writers


SECOND_WRITER = """
import sys
from pathlib import Path
from specprof.errors import SpecprofError
from specprof.run.journal import Journal
for how in sys.argv[2:]:
    try:
        Journal(Path(sys.argv[1]), resume=how == "resume", force=how == "force").close()
        print(how, "taken")
    except SpecprofError as problem:
        print(how, problem.exit_code, problem)
"""


def second_writer(output: Path, *hows: str) -> list[str]:
    """What another process is told that tries to write the same run in these ways."""
    done = subprocess.run(
        [sys.executable, "-c", SECOND_WRITER, str(output), *hows],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_second_process_that_writes_the_same_run_is_refused_and_spoils_nothing_row_13(tmp_path):
    output = tmp_path / "run.json"
    with Journal(output) as journal:
        journal.append(EVENTS[0])
        before = journal.path.read_bytes()
        refusals = second_writer(output, "new", "force", "resume")
        assert [line.split()[:2] for line in refusals] == [["new", "5"], ["force", "5"], ["resume", "5"]]
        assert all("another specprof is writing" in line for line in refusals)
        assert journal.path.read_bytes() == before
    assert second_writer(output, "resume") == ["resume taken"]


def test_a_writer_that_opened_a_journal_just_before_it_was_published_is_refused(tmp_path, monkeypatch):
    output = tmp_path / "run.json"
    real_flock = journal_module.fcntl.flock

    def publish_then_lock(descriptor: int, how: int) -> None:
        os.unlink(journal_path(output))
        real_flock(descriptor, how)

    monkeypatch.setattr(journal_module.fcntl, "flock", publish_then_lock)
    with pytest.raises(WriteProblem, match="another specprof has just finished"):
        Journal(output)


def test_an_unfinished_run_is_neither_overwritten_nor_gone_on_with_unasked(tmp_path):
    output = tmp_path / "run.json"
    written(output)
    before = journal_path(output).read_bytes()
    with pytest.raises(WriteProblem, match=r"--resume goes on with it, --force discards it"):
        Journal(output)
    assert journal_path(output).read_bytes() == before
    Journal(output, force=True).close()
    assert journal_path(output).read_bytes() == b""


# What a kill leaves


def test_a_journal_is_read_back_as_it_was_written(tmp_path):
    output = tmp_path / "run.json"
    written(output)
    assert list(read_journal(journal_path(output)).events) == EVENTS


def gone_on_with(output) -> Journal:
    """The journal as a resumed run opens it."""
    journal = Journal(output, resume=True)
    journal.cut_after(read_journal(journal.path).intact_bytes)
    return journal


@pytest.mark.parametrize("ending", [b"", b"\n"], ids=["cut", "spoilt"])
@pytest.mark.parametrize("cut", [1, 40, 100_000])
def test_a_torn_last_line_is_cut_when_the_run_goes_on(tmp_path, cut, ending):
    output = tmp_path / "run.json"
    written(output, EVENTS[:-1])
    whole = journal_path(output).read_bytes()
    torn = (ev.line_of(ev.Notice(level="info", text="x" * 4000)).encode() * 30)[:cut]
    journal_path(output).write_bytes(whole + torn + ending)
    with gone_on_with(output) as journal:
        assert journal.path.read_bytes() == whole
        journal.append(EVENTS[-1])
    assert list(read_journal(journal_path(output)).events) == EVENTS


def test_a_journal_that_ends_with_a_whole_line_is_left_as_it_is_when_the_run_goes_on(tmp_path):
    output = tmp_path / "run.json"
    written(output)
    whole = journal_path(output).read_bytes()
    gone_on_with(output).close()
    assert journal_path(output).read_bytes() == whole


def test_what_a_document_held_takes_the_journals_place_and_is_locked_as_the_journal_was(tmp_path):
    output = tmp_path / "run.json"
    with Journal(output) as journal:
        journal.take_up(EVENTS[:-1])
        assert second_writer(output, "new", "resume")[0].startswith("new 5 another specprof is writing")
        journal.append(EVENTS[-1])
    assert list(read_journal(journal_path(output)).events) == EVENTS
    assert list(tmp_path.iterdir()) == [journal_path(output)]
    assert stat.S_IMODE(journal_path(output).stat().st_mode) == 0o644


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_what_a_document_held_takes_the_journals_place_whole_or_not_at_all(tmp_path, monkeypatch, failing):
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    output = tmp_path / "run.json"
    with Journal(output) as journal:
        monkeypatch.setattr(os, failing, fail)
        with pytest.raises(WriteProblem, match="No space left"):
            journal.take_up(EVENTS)
        assert list(tmp_path.iterdir()) == [journal_path(output)]
        assert journal_path(output).read_bytes() == b""


def test_what_ends_a_cell_is_forced_to_disk_at_once_and_nothing_else_is(tmp_path, monkeypatch):
    forced: list[int] = []
    real_fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (forced.append(descriptor), real_fsync(descriptor)))
    failed = ev.CellFailed(batch_size=1, seq_len=128, candidates=16, verdict="oom", reason="out of memory")
    with Journal(tmp_path / "run.json") as journal:
        for event in [*EVENTS, failed]:
            before = len(forced)
            journal.append(event)
            ends_a_cell = isinstance(event, ev.CellFinished | ev.CellFailed | ev.RunStarted)
            assert len(forced) - before == ends_a_cell, event
    assert len(forced) > sum(isinstance(event, ev.CellFinished) for event in EVENTS)


WRITER_THAT_IS_KILLED = """
import os, signal, sys
from pathlib import Path
from specprof.run.events import event_from
from specprof.run.journal import Journal
import json
journal = Journal(Path(sys.argv[1]))
for line in sys.stdin:
    journal.append(event_from(json.loads(line)))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_every_event_appended_before_a_kill_is_in_the_journal(tmp_path):
    output = tmp_path / "run.json"
    done = subprocess.run(
        [sys.executable, "-c", WRITER_THAT_IS_KILLED, str(output)],
        input="".join(ev.line_of(event) + "\n" for event in EVENTS),
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert list(read_journal(journal_path(output)).events) == EVENTS


# The finished document


def test_publishing_leaves_the_document_alone_in_its_folder(tmp_path):
    output = tmp_path / "run.json"
    with Journal(output) as journal:
        for event in EVENTS:
            journal.append(event)
        journal.publish(RECORD)
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]
    assert load_record(output).record == RECORD
    assert load_record(output).warnings == ()
    assert stat.S_IMODE(output.stat().st_mode) == 0o644


def test_a_document_is_ascii_and_begins_with_its_schema_version():
    text = document_text(RECORD)
    assert text.isascii()
    assert text.startswith('{\n "schema_version": 2,')


def test_a_reader_sees_the_older_document_or_the_newer_one_and_never_a_part(tmp_path, monkeypatch):
    output = tmp_path / "run.json"
    output.write_text("older")
    seen: list[str] = []
    real_replace = os.replace

    def look_then_replace(temporary: str, final: Path) -> None:
        seen.append(output.read_text())
        assert Path(temporary).read_text() == document_text(RECORD)
        real_replace(temporary, final)

    monkeypatch.setattr(os, "replace", look_then_replace)
    write_document(output, RECORD)
    assert seen == ["older"]
    assert output.read_text() == document_text(RECORD)


def test_the_document_and_then_its_folder_are_forced_to_disk(tmp_path, monkeypatch):
    steps: list[str] = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        steps.append("fsync folder" if is_folder else "fsync file")
        real_fsync(descriptor)

    def replace(temporary: str, final: Path) -> None:
        steps.append("rename")
        real_replace(temporary, final)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    write_document(tmp_path / "run.json", RECORD)
    assert steps == ["fsync file", "rename", "fsync folder"]


FULL_DISK = """
import json, resource, sys
sys.dont_write_bytecode = True  # else a module may be cut off too, for good
from pathlib import Path
from specprof.errors import WriteProblem
from specprof.run.events import event_from
from specprof.run.journal import Journal
from specprof.run.reduce import Reduction
journal = Journal(Path(sys.argv[1]), force=True)
reduction = Reduction()
try:
    for line in sys.stdin:
        event = event_from(json.loads(line))
        reduction.apply(event)
        journal.append(event)
        if event.event == sys.argv[2]:
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
    journal.publish(reduction.record())
except WriteProblem as problem:
    journal.close()
    print(problem)
    sys.exit(problem.exit_code)
"""


def on_full_disk(output: Path, after: str, limit_bytes: int) -> str:
    """Writes and publishes a run under a file size limit that sets in `after` an event; what it said."""
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(output), after, str(limit_bytes)],
        input="".join(ev.line_of(event) + "\n" for event in EVENTS),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 5, done.stderr
    assert done.stderr == ""
    assert "File too large" in done.stdout
    assert "--resume" in done.stdout
    return done.stdout


def test_the_older_document_and_the_journal_outlive_a_disk_too_full_to_publish_row_9(tmp_path):
    output = tmp_path / "run.json"
    output.write_text("older")
    # the journal ends at once where it is; the document would be longer
    on_full_disk(output, "run_ended", 1000)
    assert output.read_text() == "older"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.json", "run.jsonl.part"]
    assert list(read_journal(journal_path(output)).events) == EVENTS


def test_a_journal_that_the_disk_cut_off_gives_what_was_finished_row_8(tmp_path):
    output = tmp_path / "run.json"
    output.write_text("older")
    limit = sum(len(ev.line_of(event)) + 1 for event in EVENTS[:60]) + 20
    on_full_disk(output, "run_started", limit)
    assert output.read_text() == "older"
    left = read_journal(journal_path(output))
    assert left.torn
    assert list(left.events) == EVENTS[:60]
    gone_on_with(output).close()
    assert not read_journal(journal_path(output)).torn


def test_a_folder_that_has_gone_at_publication_is_a_write_problem(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with Journal(folder / "run.json") as journal:
        os.unlink(journal.path)
        folder.rmdir()
        with pytest.raises(WriteProblem, match="No such file"):
            journal.publish(RECORD)


def test_a_failed_rename_leaves_no_temporary_file(tmp_path, monkeypatch):
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(journal_module.os, "replace", fail)
    with pytest.raises(WriteProblem, match="Input/output error"):
        write_document(tmp_path / "run.json", RECORD)
    assert list(tmp_path.iterdir()) == []


def test_a_discarded_journal_leaves_nothing_and_closing_twice_does_no_harm(tmp_path):
    journal = Journal(tmp_path / "run.json")
    journal.append(EVENTS[0])
    journal.discard()
    journal.close()
    assert list(tmp_path.iterdir()) == []
