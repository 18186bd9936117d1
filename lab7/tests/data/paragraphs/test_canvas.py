import numpy as np
import pytest

from text_recognizer.data.paragraphs.canvas import (
    OUTPUT_LENGTH,
    PARAGRAPH_MAPPING,
    PARAGRAPH_TOKENIZER,
    encode_paragraph,
    fit_to_canvas,
    scaled,
)
from text_recognizer.vocabulary import END, MAPPING, PADDING, START, encode


def drawn(height, width, scale=1.0, paper=0, ink=255):
    """Return what comes of a paragraph that is ink from edge to edge: its columns and rows."""
    canvas = fit_to_canvas(np.full((height, width), ink, dtype=np.uint8), paper, scale)
    assert canvas.shape == (576, 640)
    assert set(np.unique(canvas)) <= {paper, ink}
    rows, columns = np.nonzero(canvas == ink)
    return (int(columns.min()), int(columns.max()) + 1), (int(rows.min()), int(rows.max()) + 1)


@pytest.mark.parametrize(
    ("height", "width", "scale", "columns", "rows"),
    [
        (100, 200, 1, (28, 228), (28, 128)),
        (100, 200, 0.5, (28, 128), (28, 78)),
        (101, 201, 0.5, (28, 129), (28, 79)),  # the last pixel is not lost
        (404, 1000, 0.25, (28, 278), (28, 129)),
        (560, 620, 1, (20, 640), (16, 576)),  # the margin gives way first
        (1152, 1280, 0.5, (0, 640), (0, 576)),
        (1152, 1280, 1, (0, 640), (0, 576)),
        (576, 1280, 1, (0, 640), (28, 316)),
        (5760, 100, 1, (28, 38), (0, 576)),
        (1, 1, 0.5, (28, 29), (28, 29)),
    ],
)
def test_a_paragraph_starts_at_the_margin_and_is_drawn_smaller_rather_than_cut(height, width, scale, columns, rows):
    assert drawn(height, width, scale) == (columns, rows)


def test_the_canvas_around_a_paragraph_is_paper():
    assert drawn(100, 200, paper=25, ink=200) == ((28, 228), (28, 128))


def test_halving_takes_the_mean_of_four_pixels_everywhere():
    image = np.random.default_rng(0).integers(0, 256, (101, 75), np.uint8)
    means = image[:100, :74].reshape(50, 2, 37, 2).mean(axis=(1, 3))
    assert np.abs(scaled(image, 0.5)[:50, :37] - means).max() <= 1


def test_the_vocabulary_is_that_of_lines_and_the_newline():
    assert (*MAPPING, "\n") == PARAGRAPH_MAPPING
    assert len(PARAGRAPH_MAPPING) == 84


@pytest.mark.parametrize("text", ["one line", "two\nlines", "a\n\nb", "x" * 680])
def test_labels_are_the_text_between_start_and_end(text):
    labels = encode_paragraph(text)
    assert len(labels) == OUTPUT_LENGTH
    assert labels[0] == START
    assert labels[len(text) + 1] == END
    assert set(labels[len(text) + 2 :]) <= {PADDING}
    assert "".join(PARAGRAPH_MAPPING[label] for label in labels[1 : len(text) + 1]) == text
    assert PARAGRAPH_TOKENIZER.decode(labels) == text


def test_a_text_of_one_line_has_the_labels_of_a_line():
    assert encode_paragraph("It's 10:30.") == encode("It's 10:30.", OUTPUT_LENGTH, with_start_end_tokens=True)


@pytest.mark.parametrize(("text", "expected"), [("x" * 681, "683 labels: expected 682"), ("a\nb£", "vocabulary: '£'")])
def test_a_text_that_does_not_fit_is_an_error(text, expected):
    with pytest.raises(ValueError, match=expected):
        encode_paragraph(text)
