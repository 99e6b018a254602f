"""Signals that end a command which measures: what was measured is kept."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def signals_caught(on_signal: Callable[[signal.Signals], object]) -> Iterator[None]:
    """Calls `on_signal` in the running loop for SIGINT, SIGTERM and SIGHUP; nohup is honoured."""
    loop = asyncio.get_running_loop()
    caught = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        caught.append(signal.SIGHUP)
    for number in caught:
        loop.add_signal_handler(number, on_signal, number)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)
