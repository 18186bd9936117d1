"""Reads many pages: stores each result, resumes after an interruption, and shows which pages to check."""
