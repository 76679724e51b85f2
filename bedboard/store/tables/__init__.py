"""The tables. The migrations make them; a test compares the two. Importing one imports all, so that the metadata is whole.

`table=True` models do not validate: the pure rules do, and the named CHECKs of the migrations are the last word.
"""

__all__ = ["audit", "board", "cases", "passkeys", "people"]
