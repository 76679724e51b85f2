"""The API under /api/v1: bearer tokens in, JSON out, refusals as problem documents."""
