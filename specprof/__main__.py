"""`python -m specprof` and the `specprof` command."""

from __future__ import annotations


def main() -> None:
    try:
        from specprof.cli.garbage import put_off

        put_off()
        from specprof.cli.app import main as run_command
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    run_command()


if __name__ == "__main__":
    main()
