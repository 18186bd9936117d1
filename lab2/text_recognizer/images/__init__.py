"""What is true of any image of handwriting, whatever it is used for."""
