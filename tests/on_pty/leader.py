"""The shell's part: leads the session on the terminal and runs one program in its foreground.

The program does not lead the session itself: the kernel resets a terminal's settings when the leader
ends, so that no test could see what a program had left behind.
"""

import contextlib
import fcntl
import json
import os
import select
import signal
import sys
import termios


def run(order: dict) -> None:
    """Starts `order["arguments"]` and stays until the control pipe (stdin) is closed.

    The status pipe gets a line each: `started PID`, `stopped SIGNAL`, `ended CODE` (128 + n for signal n).
    The terminal gets `order["mark"]` after all that the program has written. `f` on the control pipe is
    a shell's `fg`.
    """
    tty, status, own_group = order["tty"], order["status"], os.getpgrp()
    for descriptor in (tty, status, *filter(None, order["streams"])):
        os.set_inheritable(descriptor, False)
    fcntl.ioctl(tty, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # or setting the foreground would stop the leader
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    program = os.fork()
    if program == 0:
        _become(order, tty)
    signal.signal(signal.SIGHUP, lambda *_: _hung_up(program))
    in_front(tty, program)
    for descriptor in {*order["streams"]} - {None}:
        os.close(descriptor)
    os.write(status, f"started {program}\n".encode())
    ended = False
    while True:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
        if 0 in ready:
            command = os.read(0, 1)
            if not command:
                return
            if command == b"f" and not ended:
                in_front(tty, program)
                os.killpg(program, signal.SIGCONT)
        if ended:
            continue
        found, how = os.waitpid(program, os.WNOHANG | os.WUNTRACED)
        if found == 0:
            continue
        with contextlib.suppress(OSError):
            os.tcsetpgrp(tty, own_group)
        if os.WIFSTOPPED(how):
            os.write(status, f"stopped {os.WSTOPSIG(how)}\n".encode())
            continue
        ended = True
        with contextlib.suppress(OSError):
            os.write(tty, order["mark"].encode())
        code = os.waitstatus_to_exitcode(how)
        os.write(status, f"ended {code if code >= 0 else 128 - code}\n".encode())


def in_front(tty: int, program: int) -> None:
    """Makes `program`'s group the terminal's foreground."""
    with contextlib.suppress(OSError):
        os.setpgid(program, program)
    with contextlib.suppress(OSError):
        os.tcsetpgrp(tty, program)


def _hung_up(program: int) -> None:
    """Hands SIGHUP on, as a shell does to its jobs."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(program, signal.SIGHUP)
        os.killpg(program, signal.SIGCONT)


def _become(order: dict, tty: int) -> None:
    try:
        in_front(tty, os.getpid())
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTTOU, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        for number, descriptor in enumerate(order["streams"]):
            os.dup2(tty if descriptor is None else descriptor, number)
        os.execvp(order["arguments"][0], order["arguments"])
    except OSError as problem:
        os.write(2, f"{order['arguments'][0]}: {problem.strerror}\n".encode())
    finally:
        os._exit(127)


if __name__ == "__main__":
    run(json.loads(sys.argv[1]))
