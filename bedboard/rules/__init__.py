"""The rules of the field as pure functions: values in, a value or a refusal out.

No database, no clock, no HTTP, no words of a screen; the standard library only.
"""
