"""What the doctor says, as it is drawn."""

from __future__ import annotations

from typing import get_args

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from specprof.telemetry.doctor.finding import Finding, Level
from specprof.views.devices import LEVEL_ROLES, DeviceSection, device_lines, level_signs
from specprof.views.glyphs import ASCII, UNICODE, Glyphs
from specprof.views.palette import PLAIN, Palette, load_palette

COMMAND = "sudo nvidia-smi -i 0 --lock-gpu-clocks=MHZ,MHZ"
SECTION = DeviceSection(
    "A GPU",
    ("--device cuda:0", "80.0 GiB memory", "GPU-00000000-1111-2222-3333-444444444444"),
    (
        Finding("check", "good", "58 °C, 29 °C below its slowdown"),
        Finding("check", "warning", "the clocks are free", "lock them", COMMAND),
        Finding("check", "bad", "7 memory errors"),
        Finding("check", "unknown", "the power limit cannot be read: this user may not read it"),
    ),
    "cuda:0: 1 thing would spoil a measurement, 1 more may",
    "bad",
)


def drawn(width: int = 80, glyphs: Glyphs = UNICODE, palette: Palette = PLAIN) -> list[list[Text]]:
    return device_lines([SECTION], width, palette, glyphs)


def test_a_device_is_its_name_its_facts_a_line_per_finding_and_a_sentence() -> None:
    section, key = drawn()
    assert [line.plain for line in section] == [
        "A GPU",
        "--device cuda:0 · 80.0 GiB memory · GPU-00000000-1111-2222-3333-444444444444",
        "✓ 58 °C, 29 °C below its slowdown",
        "! the clocks are free",
        "    lock them",
        f"    {COMMAND}",
        "✕ 7 memory errors",
        "? the power limit cannot be read: this user may not read it",
        "cuda:0: 1 thing would spoil a measurement, 1 more may",
    ]
    assert [line.plain for line in key] == ["✓ good  ! warning  ✕ bad  ? unknown"]


def test_without_unicode_and_colour_four_signs_still_tell_the_levels_apart() -> None:
    section, _ = drawn(glyphs=ASCII)
    assert all(line.plain.isascii() for line in section)
    assert "".join(line.plain[0] for line in section[2:-1] if line.plain[0] != " ") == "+!x?"
    assert not any(part.style for line in section for part in line.render(Console()) if part.style)


def test_long_findings_are_wrapped_under_themselves_and_commands_never_broken() -> None:
    for width in range(20, 60):
        lines = [line.plain for line in drawn(width)[0] if COMMAND not in line.plain]
        assert max(map(cell_len, lines)) <= width
    section, _ = drawn(width=30)
    words = [line.plain for line in section]
    assert f"    {COMMAND}" in words
    at = words.index("? the power limit cannot be")
    assert words[at + 1 : at + 3] == ["  read: this user may not read", "  it"]


def test_a_level_has_its_colour() -> None:
    palette = load_palette("dark")
    section, _ = drawn(palette=palette)
    sign = next(line for line in section if line.plain.startswith("✕"))
    first = next(iter(sign.render(Console())))
    assert first.text.strip() == "✕"
    assert first.style is not None
    assert first.style.color is not None
    assert first.style.color.name == palette.bad


def test_a_drivers_words_cannot_command_the_terminal() -> None:
    evil = DeviceSection(
        "A\x1b]0;x\x07", ("\x9b2J",), (Finding("check", "bad", "\x1b[31m", "\x1b[0m", "rm\x1b"),)
    )
    for section in device_lines([evil], 80, PLAIN, UNICODE):
        assert all(line.plain.isprintable() for line in section)


def test_where_nothing_was_found_there_is_no_key() -> None:
    assert len(device_lines([DeviceSection("A", (), ())], 80, PLAIN, UNICODE)) == 1


def test_every_level_of_a_finding_has_a_sign_and_a_colour() -> None:
    assert set(level_signs(UNICODE)) == set(LEVEL_ROLES) == set(get_args(Level))
