"""Tokens: characters, or pieces of words."""
