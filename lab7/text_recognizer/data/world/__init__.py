"""What drawn pictures of the world are put together from, and the data sets that do so."""
