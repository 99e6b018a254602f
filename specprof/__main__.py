"""`python -m specprof` and the `specprof` command."""

from __future__ import annotations


def main() -> None:
    from specprof.cli.app import main as run_command

    run_command()


if __name__ == "__main__":
    main()
