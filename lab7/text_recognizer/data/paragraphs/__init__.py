"""Code that the data sets of whole paragraphs share."""
