"""How clearly two colours differ in a mark as small as a star, for all eyes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""sRGB, linear, to CIE XYZ under D65 (IEC 61966-2-1)."""

DEFICIENCIES = {
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
"""Machado, Oliveira and Fernandes (2009), severity 1.0, on linear sRGB."""

STAR_DEGREES = 1 / 3
"""A star is some 3 mm wide, half a metre away; also the smallest size that was tried in the study below."""

_NOTICED_BY_HALF = 0.5 * (np.array([10.16, 10.68, 10.70]) + np.array([1.50, 3.08, 5.74]) / STAR_DEGREES)
"""Steps of L*, a* and b* that half of the viewers notice: Stone, Szafir and Setlur, "An Engineering Model for
Color Difference as a Function of Size" (2014)."""


def lab(colour: str, eyes: str | None = None) -> np.ndarray:
    """CIELAB (D65) of `#rrggbb`, as eyes with one of the deficiencies see it."""
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    if eyes is not None:
        linear = np.clip(DEFICIENCIES[eyes] @ linear, 0, 1)
    ratio = (_TO_XYZ @ linear) / (_TO_XYZ @ np.ones(3))
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def hue(colour: str) -> float:
    """Hue angle in CIELAB, degrees."""
    _, a, b = lab(colour)
    return float(np.degrees(np.arctan2(b, a)) % 360)


def turn(one: str, other: str) -> float:
    """Degrees between two hues, 0 to 180."""
    return abs((hue(one) - hue(other) + 180) % 360 - 180)


def steps(one: str, other: str, eyes: str | None = None) -> float:
    """Difference in star-sized marks; at 1 half of the viewers notice it."""
    return float(np.linalg.norm((lab(one, eyes) - lab(other, eyes)) / _NOTICED_BY_HALF))


def least_steps(colours: Sequence[str], eyes: str | None = None) -> float:
    """The difference of those two that are hardest to tell apart."""
    return min(steps(one, other, eyes) for one, other in itertools.combinations(colours, 2))
