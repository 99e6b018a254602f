"""The CPU time of some programs and all that they start, followed at little cost."""

from __future__ import annotations

import time
from collections.abc import Iterable

import psutil

# Asking a new process for its parent costs some 0.1 ms: in a storm of short-lived ones, the rest waits.
_ASKING_BUDGET_S = 0.0003
# Listing all processes takes one part in so many of the time, but is done twice a second at least:
# a newcomer's first half second may count as foreign.
_LISTING_SHARE = 1000
_LISTING_PAUSE_S = 0.5


class ProcessTree:
    """`roots` and their descendants. New processes are found in the list of pids, not by walking the tree.

    A process's time includes that of the children it has waited for, so that the sum goes on steadily
    when one ends; a process stays in the tree where its parent ends first.
    """

    def __init__(self, roots: Iterable[int]) -> None:
        self._members: dict[int, psutil.Process] = {}
        self._own_s = 0.0
        self._next_listing = 0.0
        self._known = set(psutil.pids())
        self._pending: set[int] = set()
        for root in roots:
            self._adopt_root(root)

    def cpu_seconds(self, roots: Iterable[int] = ()) -> tuple[float, float]:
        """CPU seconds at the last call and now, both of the tree as it is now. `roots` join the tree.

        What a newcomer used before it joined counts as new where it was started inside the tree.
        """
        self._find_newcomers()
        strangers = [pid for pid in roots if pid not in self._members]
        if strangers:  # most likely started just now by a member, which the list of pids tells sooner
            self._next_listing = 0.0
            self._find_newcomers()
            for pid in strangers:
                self._adopt_root(pid)
        before_s, self._own_s = self._own_s, 0.0
        for pid in list(self._members):
            self._own_s += self._seconds_of(pid)
        return before_s, self._own_s

    def _adopt_root(self, pid: int) -> None:
        if pid in self._members:
            return
        try:
            root = psutil.Process(pid)
            family = [root, *root.children(recursive=True)]
        except psutil.Error:
            return
        for process in family:
            if process.pid not in self._members:
                self._members[process.pid] = process
                self._own_s += self._seconds_of(process.pid)

    def _find_newcomers(self) -> None:
        start = time.perf_counter()
        if start >= self._next_listing:
            pids = set(psutil.pids())
            self._pending = (self._pending & pids) | (pids - self._known)
            self._known = pids
            now = time.perf_counter()
            self._next_listing = now + min((now - start) * _LISTING_SHARE, _LISTING_PAUSE_S)
        deadline = time.perf_counter() + _ASKING_BUDGET_S
        for pid in sorted(self._pending):  # parents mostly come before their children
            self._pending.discard(pid)
            try:
                process = psutil.Process(pid)
                if process.ppid() in self._members:
                    self._members[pid] = process
            except psutil.Error:
                continue
            if time.perf_counter() > deadline:
                break

    def _seconds_of(self, pid: int) -> float:
        """CPU seconds with those of children waited for; 0 and out of the tree for one that has ended."""
        try:
            times = self._members[pid].cpu_times()
        except psutil.Error:
            del self._members[pid]
            return 0.0
        return times.user + times.system + times.children_user + times.children_system
