"""Commands that examine one question each."""
