"""The command `verifier`, also as `python -m verifier`: seldom does it look for cyclic garbage, from its first import on."""

from verifier.cycles import seldom


def main() -> None:
    """The command. Ends the process."""
    seldom()
    from verifier.cli import main as command

    command()


if __name__ == "__main__":
    main()
