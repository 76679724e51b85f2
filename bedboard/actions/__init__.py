"""Actions, one file per noun. An action runs in its caller's transaction: it locks the shelter, asks the rule, saves
with a new version, writes the journal and rings the bell. The only room that may ring it."""
