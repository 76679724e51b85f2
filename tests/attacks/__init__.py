"""Attacks on the promises of bedboard: docs/promises.md names them all. `scripts/attack` runs them for longer."""
