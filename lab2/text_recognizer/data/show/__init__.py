"""Shows what is in a data set."""
