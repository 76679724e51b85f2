"""Beheer: the pages on which managers and administrators add and change organizations, people, shelters and places."""
