"""Thin: parse, one action, reply. No SQL, no rule, no words."""
