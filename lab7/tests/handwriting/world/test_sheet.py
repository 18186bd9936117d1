import cv2
import numpy as np
import pytest

from tests.handwriting.world.small_bank import small_bank
from text_recognizer.handwriting.world.sheet import CORE, PRINTED, RULE, Sheet


def write(x_height, slope=0.0, size=(300, 900)):
    sheet = Sheet(size)
    end = sheet.write(small_bank().printed[0][0].part(0, 3), 40, 150, x_height, slope)
    return sheet, end


@pytest.mark.parametrize("x_height", [4, 17, 60])
@pytest.mark.parametrize("slope", [0.0, 0.08])
def test_the_core_lies_on_the_ink_of_the_letters_middle(x_height, slope):
    sheet, end = write(x_height, slope)
    (line,) = sheet.lines
    core = (sheet.labels & CORE) > 0
    ink = sheet.inks[0] > 127
    assert (sheet.labels[core] & PRINTED).all()
    assert line.polyline[0, 0] == pytest.approx(40, abs=1)
    assert line.polyline[-1, 0] == pytest.approx(end, abs=1)
    assert line.polyline[0, 1] == pytest.approx(150 - x_height / 2, abs=1)
    assert (ink & core).sum() > 0.5 * ink.sum()  # most of the ink lies between baseline and x-height
    assert cv2.connectedComponents(core.astype(np.uint8))[0] == 2  # one band, through the gaps between words
    rows = np.flatnonzero(core[:, 60])
    assert len(rows) == pytest.approx(max(x_height, 3), abs=1.6)


def test_a_line_knows_its_height_on_its_core_alone():
    sheet, _ = write(20)
    core = (sheet.labels & CORE) > 0
    assert set(np.unique(sheet.heights[core])) == {np.float32(sheet.lines[0].height)}
    assert sheet.heights[~core].max() == 0
    assert 30 < sheet.lines[0].height < 80


def test_what_lies_beyond_the_sheet_is_cut_off():
    sheet = Sheet((100, 200))
    sheet.write(small_bank().printed[0][0], -50, 20, 30)
    sheet.write(small_bank().printed[0][0], 150, 99, 30)
    assert sheet.inks[0].any()


def test_a_rule_is_no_text():
    sheet = Sheet((100, 200))
    sheet.rule((10, 50), (190, 50), 2)
    assert sheet.rules[50, 100] == 255
    assert sheet.labels[50, 100] == RULE
