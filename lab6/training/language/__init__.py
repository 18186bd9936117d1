"""Commands that make and tune the language model."""
