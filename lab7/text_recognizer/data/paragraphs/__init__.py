"""What data sets of whole paragraphs share."""
