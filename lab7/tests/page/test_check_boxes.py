import cv2
import numpy as np
import pytest

from text_recognizer.page.check_boxes import empty_boxes

HEIGHT = 40


def draw(letter=None, box=None, tick=False, angle=0.0):
    """Draw a letter or a box, (left, top, right, bottom), on a strip."""
    strip = np.zeros((2 * HEIGHT, 200), np.uint8)
    if letter:
        cv2.putText(strip, letter, (60, 55), cv2.FONT_HERSHEY_DUPLEX, 1.2, 255, 2, cv2.LINE_AA)
    if box:
        left, top, right, bottom = box
        cv2.rectangle(strip, (left, top), (right, bottom), 150, 2)
        if tick:
            cv2.line(strip, (left, top), (right, bottom), 255, 2)
        matrix = cv2.getRotationMatrix2D(((left + right) / 2, (top + bottom) / 2), angle, 1.0)
        strip = cv2.warpAffine(strip, matrix, strip.shape[::-1])
    return (strip / 255).astype(np.float32)


@pytest.mark.parametrize("box", [(60, 30, 80, 50), (60, 20, 95, 55), (60, 30, 82, 48)])
@pytest.mark.parametrize("angle", [-3, 0, 3])
def test_empty_boxes_are_found(box, angle):
    strip = draw(box=box, angle=angle)
    assert empty_boxes(strip, HEIGHT)[strip > 0.3].all()


@pytest.mark.parametrize("letter", [*"OoD0QUunaegBEHMNWmw8469&@#$", "[]", "oo"])
def test_letters_are_not(letter):
    assert not empty_boxes(draw(letter), HEIGHT).any()


def test_neither_is_a_box_around_something_or_one_of_another_size():
    assert not empty_boxes(draw(box=(60, 30, 80, 50), tick=True), HEIGHT).any()
    assert not empty_boxes(draw(box=(60, 38, 66, 44)), HEIGHT).any()
    assert not empty_boxes(draw(box=(60, 10, 120, 70)), HEIGHT).any()
    assert not empty_boxes(draw(box=(60, 30, 120, 50)), HEIGHT).any()


def test_a_letter_beside_a_box_stays():
    strip = np.maximum(draw("O"), draw(box=(20, 30, 40, 50)))
    marked = empty_boxes(strip, HEIGHT)
    assert marked[:, :50].any()
    assert not marked[:, 50:].any()
