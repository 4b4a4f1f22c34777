"""The command `verifier`, also as `python -m verifier`: seldom does it look for cyclic garbage, from its first import
on."""

from verifier.garbage_collection import collect_seldom


def main() -> None:
    """The command. Ends the process."""
    collect_seldom()
    from verifier.cli import main as command

    command()


if __name__ == "__main__":
    main()
