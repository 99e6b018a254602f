"""Work beside the app: reading a file must not hold up a key, nor the end of the program."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


async def aside(work: Callable[[], Result]) -> Result:
    """What `work` returns or raises, in a thread of its own.

    asyncio.to_thread and textual's thread workers are waited for when the program ends: a folder that
    does not answer would keep it from ending. Nobody waits for this thread.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def settle(give: Callable[[], None]) -> None:
        if not done.done():  # who waited may have been cancelled
            give()

    def run() -> None:
        give: Callable[[], None]
        try:
            result = work()
        except BaseException as error:
            caught = error

            def give() -> None:
                done.set_exception(caught)
        else:

            def give() -> None:
                done.set_result(result)

        with contextlib.suppress(RuntimeError):  # the app has ended meanwhile
            loop.call_soon_threadsafe(settle, give)

    threading.Thread(target=run, daemon=True).start()
    return await done
