"""Says how well texts were read, and where they were not: pure functions that know neither models nor data sets."""
