"""What each command does, in a module of the command's name, imported when it runs, so that `--help` and completion stay quick."""
