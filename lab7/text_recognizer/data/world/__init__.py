"""The material of drawn pictures of pages: banks of lines in drawn and in real handwriting."""
