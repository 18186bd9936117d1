"""Commands that turn an artifact into other formats."""
