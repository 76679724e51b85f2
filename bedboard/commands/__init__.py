"""The work of the commands of `bedboard.cli`. Each module is imported when its command runs, so that the others stay quick."""
