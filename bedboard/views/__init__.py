"""From rows to the projection of each audience, and from that to HTML or JSON.

A row is never serialised whole: a field that no projection names does not leave the house.
"""
