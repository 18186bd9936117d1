"""Reads many pages: keeps what is done, goes on after a break, and shows what needs a second look."""
