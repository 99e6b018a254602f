"""Adds up nanoseconds to a Breakdown."""

from __future__ import annotations

from specprof.run.breakdown import MAX_KERNELS, PARTS, Breakdown, Kernel, Part

MAX_NAME = 300
_NS_PER_MS = 1e6


def shown(name: str) -> str:
    """A kernel's name as printable ASCII, cut: templates make names of thousands of characters."""
    return "".join(char if char.isascii() and char.isprintable() else "?" for char in name[:MAX_NAME])


class Tally:
    """What each kernel, or operator on a CPU, took in each part."""

    def __init__(self) -> None:
        self._spent: dict[tuple[str, Part], list[int]] = {}

    def add(self, name: str, part: Part, spent_ns: int) -> None:
        """One call that took so long."""
        entry = self._spent.setdefault((shown(name), part), [0, 0])
        entry[0] += spent_ns
        entry[1] += 1

    def breakdown(self, total_ns: int) -> Breakdown:
        """What no call took of `total_ns`, > 0, is gaps."""
        parts_ns = dict.fromkeys(PARTS, 0)
        for (_, part), (spent_ns, _) in self._spent.items():
            parts_ns[part] += spent_ns
        longest = sorted(self._spent.items(), key=lambda item: (-item[1][0], item[0]))[:MAX_KERNELS]
        return Breakdown(
            **{f"{part}_ms": spent_ns / _NS_PER_MS for part, spent_ns in parts_ns.items()},
            gaps_ms=(total_ns - sum(parts_ns.values())) / _NS_PER_MS,
            total_ms=total_ns / _NS_PER_MS,
            kernels=[
                Kernel(name=name, part=part, ms=spent_ns / _NS_PER_MS, calls=calls)
                for (name, part), (spent_ns, calls) in longest
            ],
        )
