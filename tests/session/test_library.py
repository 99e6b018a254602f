"""The results folder as a list, and what may be taken out of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from specprof.errors import SpecprofError
from specprof.places import runs_folder, samples_folder
from specprof.run.journal import Journal
from specprof.run.samples import sample_names
from specprof.session import library
from specprof.session.library import Entry


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty results folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = runs_folder()
    folder.mkdir(parents=True)
    assert tmp_path in folder.parents
    return folder


def _put(folder: Path, name: str, modified_s: float = 1e9, content: str = "{}") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    os.utime(path, (modified_s, modified_s))
    return path


def _listed() -> list[Entry]:
    return [entry for entry in library.entries() if entry.kind != "sample"]


def _named(name: str) -> Entry:
    return next(entry for entry in library.entries() if entry.path.name == name)


def _refused(entry: Entry) -> str:
    with pytest.raises(SpecprofError) as caught:
        library.delete(entry)
    said = str(caught.value)
    assert said.isprintable()
    return said


def _files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# Listing


def test_runs_come_newest_first_and_the_samples_after_them(runs: Path):
    _put(runs, "old.json", 1_000)
    _put(runs, "new.json", 3_000)
    _put(runs, "half.jsonl.part", 2_000)
    found = library.entries()
    assert [(entry.name, entry.kind) for entry in found] == [
        ("new", "run"),
        ("half", "unfinished"),
        ("old", "run"),
        *((name, "sample") for name in sample_names()),
    ]


def test_an_entry_has_the_files_time_and_size(runs: Path):
    _put(runs, "run.json", 12_345, "123456789")
    (entry,) = _listed()
    assert (entry.modified_s, entry.size_bytes, entry.problem) == (12_345, 9, "")


def test_other_files_are_not_listed(runs: Path):
    for name in ("notes.txt", ".half-written.json", "run.json.bak", "part"):
        _put(runs, name)
    assert _listed() == []


def test_an_entry_is_another_one_when_its_file_has_changed(runs: Path):
    path = _put(runs, "run.json", 1_000)
    before = _listed()
    assert _listed() == before
    os.utime(path, (2_000, 2_000))
    assert _listed() != before


def test_an_unfinished_run_knows_the_file_that_it_is_to_become(runs: Path):
    _put(runs, "run.v2.jsonl.part")
    assert _named("run.v2.jsonl.part").output == runs / "run.v2.json"


def test_without_a_results_folder_there_are_the_samples(runs: Path):
    runs.rmdir()
    assert [entry.kind for entry in library.entries()] == ["sample"] * len(sample_names())
    assert library.folder_problem() == ""


def test_a_results_folder_that_is_a_file_is_said_and_nothing_raised(runs: Path):
    runs.rmdir()
    runs.write_text("")
    assert _listed() == []
    assert library.folder_problem() == f"cannot read the results folder {runs}: Not a directory"


def test_a_folder_that_may_not_be_read_is_said(runs: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(path: Path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(library.os, "scandir", refuse)  # root may read everything
    assert library.entries() == []
    assert library.folder_problem().endswith("Permission denied")


@pytest.mark.timeout(20)
def test_what_is_no_file_is_listed_with_the_reason_and_not_opened(runs: Path):
    os.mkfifo(runs / "pipe.json")
    (runs / "dangling.json").symlink_to(runs / "nowhere")
    (runs / "loop.json").symlink_to(runs / "loop.json")
    (runs / "folder.json").mkdir()
    (runs / "zero.json").symlink_to("/dev/zero")
    assert {entry.name: entry.problem for entry in _listed()} == {
        "pipe": "a pipe, not a run file",
        "dangling": "a link that leads nowhere",
        "loop": "a link that leads nowhere",
        "folder": "a folder, not a run file",
        "zero": "a device or socket, not a run file",
    }


HOSTILE = [
    "\x1b]52;c;ZXZpbA==\x07clip.json",
    "\x9b2Jc1.json",
    "\u202enosj.json",
    "zero\u200bwidth.json",
    "two\nlines.json",
    "[bold][@click=app.quit]go.json",
    "\u200b.json",
]


def test_hostile_names_are_shown_clean_and_still_open_their_file(runs: Path):
    for name in HOSTILE:
        _put(runs, name, content=name)
    Path(os.fsdecode(os.fsencode(runs) + b"/latin-\xe9.json")).write_text("latin")
    found = _listed()
    assert len(found) == len(HOSTILE) + 1
    for entry in found:
        assert entry.name.strip()
        assert entry.name.isprintable()
        assert entry.path.read_text("utf-8") in (*HOSTILE, "latin")
    names = {entry.name for entry in found}
    assert {"]52;c;ZXZpbA==clip", "nosj", "zerowidth", "two lines", "[bold][@click=app.quit]go"} <= names


# Deleting


def test_deleting_a_run_removes_its_file_and_its_journal_and_nothing_else(runs: Path):
    for name in ("run.json", "run.jsonl.part", "run2.json", "run2.jsonl.part", "run.jsonl", "notes.txt"):
        _put(runs, name)
    library.delete(_named("run.json"))
    assert _files(runs) == {"run2.json", "run2.jsonl.part", "run.jsonl", "notes.txt"}


def test_deleting_an_unfinished_run_leaves_the_result_of_that_name(runs: Path):
    _put(runs, "run.json")
    _put(runs, "run.jsonl.part")
    library.delete(_named("run.jsonl.part"))
    assert _files(runs) == {"run.json"}


def test_a_run_of_a_hostile_name_is_deleted_by_its_own_name(runs: Path):
    _put(runs, "zero\u200bwidth.json")
    _put(runs, "zerowidth.json")
    library.delete(_named("zero\u200bwidth.json"))
    assert _files(runs) == {"zerowidth.json"}


def test_a_sample_is_not_deleted(runs: Path):
    before = _files(samples_folder())
    sample = next(entry for entry in library.entries() if entry.kind == "sample")
    assert "sample" in _refused(sample)
    assert _files(samples_folder()) == before


def test_what_lies_elsewhere_is_not_deleted(runs: Path, tmp_path: Path):
    outside = _put(tmp_path, "mine.json")
    (runs / "sub").mkdir()
    below = _put(runs / "sub", "mine.json")
    through = runs / "sub" / ".." / ".." / "mine.json"
    for path in (outside, below, through, runs / "notes.txt"):
        entry = Entry(path, "run", "mine", 0.0, 2)
        assert _refused(entry) == "mine does not lie in the results folder: it is not deleted"
    assert outside.exists()
    assert below.exists()


@pytest.mark.timeout(20)
def test_links_pipes_and_folders_are_not_deleted(runs: Path, tmp_path: Path):
    aim = _put(tmp_path, "aim.json")
    (runs / "link.json").symlink_to(aim)
    (runs / "dangling.jsonl.part").symlink_to(runs / "nowhere")
    os.mkfifo(runs / "pipe.json")
    (runs / "folder.json").mkdir()
    assert _refused(_named("link.json")) == "link is a link, not a run file: it is not deleted"
    assert _refused(_named("dangling.jsonl.part")).startswith("dangling is a link")
    assert _refused(_named("pipe.json")).startswith("pipe is a pipe")
    assert _refused(_named("folder.json")).startswith("folder is a folder")
    assert _files(runs) == {"link.json", "dangling.jsonl.part", "pipe.json", "folder.json"}
    assert aim.exists()


def test_a_run_whose_journal_is_a_link_is_left_alone(runs: Path, tmp_path: Path):
    aim = _put(tmp_path, "aim")
    _put(runs, "run.json")
    (runs / "run.jsonl.part").symlink_to(aim)
    assert _refused(_named("run.json")).startswith("run.jsonl.part is a link")
    assert _files(runs) == {"run.json", "run.jsonl.part"}
    assert aim.exists()


def test_a_run_that_a_running_specprof_writes_is_not_deleted(runs: Path):
    _put(runs, "run.json")
    with Journal(runs / "run.json"):
        for name in ("run.json", "run.jsonl.part"):
            assert _refused(_named(name)) == "a running specprof is writing run: it is not deleted"
        assert _files(runs) == {"run.json", "run.jsonl.part"}
    library.delete(_named("run.json"))
    assert _files(runs) == set()


def test_what_somebody_else_has_deleted_is_gone_already(runs: Path):
    _put(runs, "run.json")
    entry = _named("run.json")
    (runs / "run.json").unlink()
    assert _refused(entry) == "run is gone already"
    shutil.rmtree(runs)
    assert _refused(entry).startswith("cannot open ")


def test_a_folder_that_does_not_let_go_is_said(runs: Path, monkeypatch: pytest.MonkeyPatch):
    _put(runs, "run.json")
    entry = _named("run.json")

    def refuse(name: str, dir_fd: int):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(library.os, "unlink", refuse)  # root may delete everything
    assert _refused(entry) == "cannot delete run: Permission denied"
    assert _files(runs) == {"run.json"}
