"""What several commands do, and the longer parts of some: imported when they run, so that `--help` stays quick."""
