"""Files that hold data: downloading, checking, reading and preparing them."""
