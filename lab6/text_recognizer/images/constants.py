"""What all images of handwriting have in common."""

WHITE = 255
INK = 40  # a pixel above INK is ink, one below may be a scanner's noise
Box = tuple[int, int, int, int]  # (left, top, right, bottom) in pixels; right and bottom lie just outside
