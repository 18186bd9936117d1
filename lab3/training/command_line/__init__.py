"""Turns what is typed into objects: the flags, their one definition and their errors."""
