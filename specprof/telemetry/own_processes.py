"""Which of the processes on a GPU are specprof's own."""

from __future__ import annotations

import os
from collections.abc import Iterable

import psutil

# Inode of the machine's first PID namespace: PROC_PID_INIT_INO, include/linux/proc_ns.h.
_FIRST_PID_NAMESPACE = "pid:[4026531836]"


class Undecidable(Exception):
    """The listed numbers may be those of another PID namespace, specprof's own among them."""


class OwnProcesses:
    """Tells the descendants of `roots` from other processes. What was decided holds while a pid is listed."""

    def __init__(self, roots: Iterable[int], *, in_container: bool | None = None) -> None:
        self._roots = frozenset(roots)
        self._in_container = in_pid_namespace() if in_container is None else in_container
        self._is_own: dict[int, bool] = {}
        self._numbers_agree = False

    def foreign(self, listed: Iterable[int]) -> list[int]:
        """The pids in `listed` that are not ours, ascending.

        In a container NVML may list the host's process numbers, among which our own cannot be found.
        As long as none of ours was seen by its number there, a pid that does not exist here raises
        Undecidable.
        """
        pids = sorted(set(listed))
        self._is_own = {pid: own for pid, own in self._is_own.items() if pid in pids}
        unseen = []
        for pid in pids:
            if pid in self._is_own:
                continue
            if psutil.pid_exists(pid):
                self._is_own[pid] = self._descends_from_root(pid)
            else:
                unseen.append(pid)
        self._numbers_agree |= any(self._is_own.values())
        foreign = [pid for pid, own in self._is_own.items() if not own]
        if unseen and self._in_container:
            if not self._numbers_agree:
                raise Undecidable
            foreign += unseen  # outside this container; where there is none, a pid unseen has just ended
        return sorted(foreign)

    def _descends_from_root(self, pid: int) -> bool:
        if pid in self._roots:
            return True
        try:
            process: psutil.Process | None = psutil.Process(pid)
            while process is not None:
                if process.pid in self._roots:
                    return True
                process = process.parent()
        except psutil.Error:  # hidden from this user, so not started by it, or just ended
            return False
        return False


def in_pid_namespace() -> bool:
    try:
        return os.readlink("/proc/self/ns/pid") != _FIRST_PID_NAMESPACE
    except OSError:
        return False
