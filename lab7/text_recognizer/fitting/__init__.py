"""Fine-tunes a line model to one person's handwriting, with PyTorch alone."""
