"""Every string that a run file can hold, hostile: no terminal, page or sheet obeys any of it."""

from __future__ import annotations

import csv
import io
import json
import re
import typing
from html.parser import HTMLParser
from pathlib import Path

import pytest
from app_on_pty.conftest import Specprof
from cli.command import Command
from on_pty.sequences import escapes
from run.run_files import COMPLETE, JOURNAL, load
from run.streams import journal_bytes

from specprof.errors import RunFileProblem
from specprof.run import events as ev
from specprof.run import samples
from specprof.run.reading import event_of_line

from .hostile import (
    CHECKED,
    HOSTILE,
    REACHES_NO_TERMINAL,
    TOGETHER,
    StringField,
    all_hostile,
    documents,
    string_fields,
    with_string,
)
from .in_process import command

FIELDS = list(string_fields())
SAID = "[/x][@click=app.quit]click[/] [bold red]"
"""What of it may be shown, as it is: markup that nobody reads as such."""
NAME = "run\x1b]52;c;eA==\x07\u202e[@click=app.quit]<script>.json"
COMMANDS = {
    "show": ("show", NAME),
    "show in ASCII": ("show", NAME, "--ascii"),
    "the document": ("show", NAME, "--json"),
    "schedule": ("schedule", NAME),
    "schedule for programs": ("schedule", NAME, "--json"),
    "compare": ("compare", NAME, NAME, "--force"),
    "compare for programs": ("compare", NAME, NAME, "--force", "--json"),
    "recommend": ("recommend", NAME, "--all"),
    "recommend for programs": ("recommend", NAME, "--all", "--json"),
    "tree": ("tree", NAME),
    "csv": ("export", NAME, "--to", "csv", "--output", "-"),
    "svg": ("export", NAME, "--to", "svg", "--output", "-"),
    "html": ("export", NAME, "--to", "html", "--output", "-"),
}


def check_clean(text: str) -> None:
    bad = REACHES_NO_TERMINAL.search(text)
    assert bad is None, f"{bad[0]!a} in {text[max(0, bad.start() - 60) : bad.end() + 60]!a}"


# One field at a time


def test_every_field_is_known_and_there_to_be_spoilt():
    assert len(FIELDS) > 60
    assert {str(field) for field in FIELDS} >= CHECKED
    for field in FIELDS:
        assert any(with_string(one, field.path, "x") for one in documents().values()), field


@pytest.mark.parametrize("field", FIELDS, ids=str)
def test_rows_42_43_a_hostile_string_is_refused_where_it_means_something_and_clean_elsewhere(
    tmp_path: Path, field: StringField
):
    name, document = next(
        (name, one) for name, one in documents().items() if with_string(one, field.path, HOSTILE)
    )
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps(document))
    code, out, said = command("show", str(path))
    check_clean(out + said)
    assert "\t" not in out + said
    if field.words is not None or str(field) in CHECKED:
        assert (code, out, said.count("\n")) == (4, "", 1)
        # of two strings that have to be the same the other may be named
        named = {field.path[0], "drafts"} if str(field) in TOGETHER else {field.path[0]}
        assert re.match(r"specprof: \S+: (\w+)", said)[1] in named, said  # type: ignore[index]
        return
    assert (code, document["plan"]["candidates"][-1] > 1, bool(out)) == (0, True, True), said
    code, out, said = command("show", str(path), "--json")
    assert code == 0
    check_clean(out + said + json.dumps(json.loads(out), ensure_ascii=False))


# All at once, through the real command


@pytest.fixture
def hostile_file(faked: Command, request: pytest.FixtureRequest) -> Path:
    path = faked.home / NAME
    path.write_text(json.dumps(all_hostile(documents()[getattr(request, "param", "run")])))
    return path


@pytest.mark.parametrize("name", COMMANDS)
def test_rows_42_43_no_command_lets_a_hostile_string_through(faked: Command, hostile_file: Path, name: str):
    done = faked(*COMMANDS[name])
    assert done.code == 0, done.said
    for stream in (done.text, done.said):
        check_clean(stream)
    assert b"\x1b" not in done.out + done.err
    if "programs" in name or name == "the document":
        check_clean(json.dumps(json.loads(done.text), ensure_ascii=False))
    if name in ("show", "schedule", "compare"):
        assert SAID in " ".join(done.text.split())


@pytest.mark.parametrize("hostile_file", ["refined", "figure", "decoded"], indirect=True)
@pytest.mark.parametrize("name", ["show", "compare", "html"])
def test_rows_42_43_nor_does_a_refined_run_or_a_published_figure(
    faked: Command, hostile_file: Path, name: str
):
    done = faked(*COMMANDS[name])
    assert done.code == 0, done.said
    check_clean(done.text + done.said)


def test_row_42_settings_to_paste_hold_nothing_that_a_shell_would_run(faked: Command, hostile_file: Path):
    pasted = faked(*COMMANDS["recommend"]).text
    assert "--speculative" in pasted
    assert "$(" not in pasted
    assert "`" not in pasted


class Page(HTMLParser):
    """What a browser would make of a page: its tags, and those of their attributes that run something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.running: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.running += [
            (name, value)
            for name, value in attrs
            if name.startswith("on") or "script:" in (value or "") or name in ("href", "src")
        ]


@pytest.mark.parametrize("form", ["html", "svg"])
def test_row_42_a_page_and_a_figure_hold_no_script(faked: Command, hostile_file: Path, form: str):
    text = faked(*COMMANDS[form]).text
    page = Page(text)
    assert not page.tags & {"script", "iframe", "object", "embed", "foreignobject", "link", "img", "image"}
    # a figure refers to its own glyphs
    assert [one for one in page.running if one[0] != "href" or not (one[1] or "").startswith("#")] == []
    assert "<script" not in text
    if form == "html":
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&quot;" in text


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", "\r=", "\u200b=", " =", "\uff1d"])
def test_row_42_no_field_of_a_csv_file_begins_a_formula(faked: Command, sign: str):
    document = all_hostile(documents()["run"], f"{sign}HYPERLINK(1)")
    (faked.home / NAME).write_text(json.dumps(document))
    done = faked(*COMMANDS["csv"])
    assert done.code == 0, done.said
    rows = list(csv.reader(io.StringIO(done.text)))
    assert "HYPERLINK" in done.text
    for field in (field for row in rows[1:] for field in row):
        assert field.lstrip()[:1] not in (*"=+-@\uff1d\uff0b\uff0d\uff20",) or is_number(field), field


def is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def test_row_42_a_terminal_gets_colours_and_nothing_else(specprof: Specprof):
    (specprof.home / NAME).write_text(json.dumps(all_hostile(documents()["run"])))
    terminal = specprof("show", NAME)
    assert terminal.wait_exit() == 0
    assert {one.name for one in escapes(terminal.raw)} == {"CSI m"}
    check_clean("".join(piece for piece in terminal.raw.decode().split("\x1b")).replace("\r\n", "\n"))


def test_row_42_samples_are_listed_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / NAME).write_text(json.dumps(all_hostile(documents()["run"])))
    monkeypatch.setattr(samples, "samples_folder", lambda: tmp_path)
    code, out, said = command("samples")
    assert (code, said, out.count("\n"), out.count("\t")) == (0, "", 1, 1)
    check_clean(out)


def test_row_42_a_name_full_of_escapes_is_shown_without_them(faked: Command):
    said = faked("show", "\x1b]52;c;aGk=\x07\x9b31m\u202erun\n.json").refused(4)
    assert said.isprintable()


# Journals


def test_row_42_no_string_of_a_journal_reaches_the_terminal(tmp_path: Path):
    kinds = {
        kind.model_fields["event"].default: kind for kind in typing.get_args(typing.get_args(ev.Event)[0])
    }
    lines = [json.loads(line) for line in JOURNAL.splitlines()]
    told = {line["event"] for line in lines}
    for line in lines:
        for field in string_fields(kinds[line["event"]]):
            if field.words is None and str(field) not in CHECKED:
                with_string(line, field.path, HOSTILE)
    path = tmp_path / NAME
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    code, out, said = command("show", str(path))
    assert code == 0, said
    assert {"run_started", "environment", "notice", "telemetry_opened", "cell_profiled"} <= told
    check_clean(out + said)
    assert SAID in " ".join(out.split())


EVIL = "\x1b]52;c;eA==\x07\x9b2J\u202e\u200b\u2028\U000e0041\udc80[/x]"


def test_row_42_no_string_of_a_journal_or_a_message_keeps_what_a_terminal_obeys(tmp_path: Path):
    notice = ev.Notice(level="warning", text=EVIL[:-5].replace("\udc80", "") + "end")
    loaded = load(tmp_path, journal_bytes([*COMPLETE, notice]))
    assert "]52;c;eA==2Jend" in [notice.text for notice in loaded.record.notices]
    event = json.dumps({"event": "notice", "level": EVIL, EVIL: 1, "t_s": EVIL})
    with pytest.raises(RunFileProblem) as caught:
        event_of_line(event, "line 1")
    assert str(caught.value).isprintable()
