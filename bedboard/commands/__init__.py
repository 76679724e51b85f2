"""What the commands of `bedboard.cli` do. Each module is imported when its command runs, so that the others stay quick."""
