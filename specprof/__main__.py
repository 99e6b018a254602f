"""`python -m specprof` and the `specprof` command."""

from __future__ import annotations

import gc


def main() -> None:
    # a command over a file makes no garbage worth looking for, and looking takes a tenth of its time;
    # what runs on switches it on again
    gc.disable()
    try:
        from specprof.cli.app import main as run_command
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    run_command()


if __name__ == "__main__":
    main()
