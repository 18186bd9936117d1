"""The surroundings of a line that was cut out of a photograph: rules, tables, neighbours, the back of the sheet.

`Augment` changes the hand, the pen and the scanner. This adds everything else that the recogniser's strips show: pieces
of rules that survive the extraction of ink, descenders of the line above, writing on the back, enlarged small writing.
For training images only.

Letters in this file: H W image.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields

import cv2
import numpy as np

from text_recognizer.images.augment import BANK_DEVIATION, draw_texture
from text_recognizer.images.constants import INK, WHITE, Box
from text_recognizer.images.rulings import NUM_GRAINS, add_ruling, add_underline
from text_recognizer.util import UserError

MIN_CONTRAST = 0.1  # of white: what is fainter is paper
PAPER_SHARE = 80  # percent of a strip's pixels that show no ink


@dataclass
class LineLooks:
    """Puts a line into its surroundings: (H, W) uint8, white ink on black, to the same shape and type.

    Parameters
    ----------
    placing
        How often the line gets smaller in its strip, as where a rule or a tall letter made the strip high.
    neighbours
        How often parts of the lines above and below reach into the strip.
    ruling
        How often there are rules, squares, dots or the bars of a table.
    underline
        How often something is underlined.
    show_through
        How often the writing on the back of the sheet shows.
    ink
        How often the strength of the ink varies, as with several pens, or with colours of different brightness.
    dirt
        How often there are specks, holes, and pieces of a desk to the left or right of the line.
    small
        How often the line is blurred, as if it had been enlarged from a small picture.
    jpeg
        How often it was saved as a JPEG.
    extracted
        How often the paper is removed and the strongest ink is made white, as the recogniser does with a picture.
    grain
        How often the grain of the paper or of the camera shows, as where ink is hardly darker than paper.
    """

    placing: float = 0.35
    neighbours: float = 0.3
    ruling: float = 0.35
    underline: float = 0.04
    show_through: float = 0.08
    ink: float = 0.25
    dirt: float = 0.12
    small: float = 0.2
    jpeg: float = 0.2
    extracted: float = 0.5
    grain: float = 0.25

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not 0 <= value <= 1:
                raise UserError(f"{name}={value}: expected a number from 0 to 1")

    def __call__(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return a changed copy; the same generator in the same state gives the same pixels in any process."""
        changes: dict[str, Callable[[np.ndarray, Box, np.random.Generator], np.ndarray]] = {
            "placing": make_smaller,
            "neighbours": add_neighbours,
            "ruling": add_ruling,
            "underline": add_underline,
            "show_through": show_through,
            "ink": vary_strength,
            "dirt": add_dirt,
            "small": enlarge_small,
            "jpeg": save_as_jpeg,
            "extracted": extract_ink,
            "grain": add_grain,
        }
        image, box = image.copy(), ink_box(image)
        for field in fields(self):
            if rng.random() < getattr(self, field.name) and box[2] > box[0]:
                image = changes[field.name](image, box, rng)
                box = ink_box(image) if field.name == "placing" else box
        return image


def ink_box(image: np.ndarray) -> Box:
    """Return the box around the ink, (0, 0, 0, 0) if there is none."""
    above_paper = cv2.subtract(image, np.full_like(image, int(np.median(image))))
    x, y, width, height = cv2.boundingRect(cv2.threshold(above_paper, INK, WHITE, cv2.THRESH_BINARY)[1])
    return (x, y, x + width, y + height) if width else (0, 0, 0, 0)


def make_smaller(image: np.ndarray, box: Box, rng: np.random.Generator) -> np.ndarray:
    """Shrink the line and put it somewhere in the strip's height."""
    left, top, _, bottom = box
    scale = rng.uniform(0.5, 0.95)
    room = image.shape[0] - scale * (bottom - top)
    y = rng.uniform(0, 1) * room if rng.random() < 0.5 else np.clip(rng.normal(0.5, 0.15), 0, 1) * room
    matrix = np.array([[scale, 0, left * (1 - scale)], [0, scale, y - scale * top]])
    soft = cv2.GaussianBlur(image, (0, 0), 0.35 / scale) if scale < 0.75 else image  # else thin strokes would break
    paper = int(np.median(image))
    return cv2.warpAffine(soft, matrix, image.shape[::-1], borderMode=cv2.BORDER_CONSTANT, borderValue=(paper,))


def add_neighbours(image: np.ndarray, box: Box, rng: np.random.Generator) -> np.ndarray:
    """Let other lines reach in from above or below: shifted copies of this one, without legible text."""
    left, top, right, bottom = box
    image, own = image.copy(), image[top:bottom, left:right]
    for is_above in (True, False):
        if rng.random() < 0.65:
            other = np.roll(own[:, ::-1] if rng.random() < 0.5 else own, rng.integers(right - left), axis=1)
            seen = min(round(rng.uniform(0.1, 0.4) * (bottom - top)), max(2, round(0.22 * image.shape[0])), len(other))
            first = left + round(rng.uniform(-0.3, 0.3) * (right - left)) if rng.random() < 0.3 else left
            piece = other[-seen:] if is_above else other[:seen]
            _lighten(image, piece, first, 0 if is_above else image.shape[0] - seen)
    return image


def show_through(image: np.ndarray, box: Box, rng: np.random.Generator) -> np.ndarray:
    """Let mirrored writing shine through the sheet."""
    back = np.roll(image[:, ::-1], rng.integers(1, image.shape[1]), axis=1)
    back = np.roll(back, rng.integers(-image.shape[0] // 2, image.shape[0] // 2), axis=0)
    return cv2.max(image, cv2.convertScaleAbs(cv2.GaussianBlur(back, (0, 0), 1.2), alpha=rng.uniform(0.1, 0.4)))


def vary_strength(image: np.ndarray, box: Box, rng: np.random.Generator) -> np.ndarray:
    """Make ink weaker, everywhere or from a random column on, and change how grey its edges are."""
    strength = np.full(image.shape[1], rng.uniform(0.45, 1), np.float32)
    if rng.random() < 0.4:  # the pen was changed, or dipped
        place = rng.integers(box[0], box[2])
        strength[place:] = rng.uniform(0.45, 1)
        strength = cv2.blur(strength[None], (15, 1))[0]
    levels = (np.linspace(0, 1, WHITE + 1) ** (2 ** rng.uniform(-0.8, 0.8)) * WHITE).astype(np.uint8)
    return (cv2.LUT(image, levels) * strength).astype(np.uint8)


def add_dirt(image: np.ndarray, box: Box, rng: np.random.Generator) -> np.ndarray:
    """Add specks, the rim of a hole, or a piece of the desk at an end of the strip."""
    image, (height, width) = image.copy(), image.shape
    for _ in range(int(rng.integers(0, 12))):
        place = int(rng.integers(0, min(width, box[2] + height))), int(rng.integers(0, height))
        cv2.circle(image, place, int(rng.integers(0, 2)), int(rng.integers(60, WHITE)), -1, cv2.LINE_AA)
    kind = rng.random()
    if kind < 0.3:  # a punched hole, or a ring
        radius = int(rng.integers(5, 18))
        place = max(radius, box[0] - radius - int(rng.integers(10, 30))), int(rng.integers(0, height))
        cv2.circle(image, place, radius, int(rng.integers(100, WHITE)), int(rng.integers(1, 3)), cv2.LINE_AA)
    elif kind < 0.6 and box[2] + 12 < width:  # the grain of a desk
        start = box[2] + int(rng.integers(6, 12))
        end = min(width, start + int(rng.integers(8, 160)))
        grain = draw_texture((height, end - start), NUM_GRAINS, rng)
        image[:, start:end] = cv2.convertScaleAbs(grain, alpha=rng.uniform(0.5, 2), beta=-128 * rng.uniform(0.3, 1.5))
    return image


def enlarge_small(image: np.ndarray, box: Box, rng: np.random.Generator) -> np.ndarray:
    """Reduce and enlarge the line, as if it had been a third as high or smaller."""
    share = rng.uniform(14, 26) / image.shape[0]
    size = max(1, round(share * image.shape[1])), max(1, round(share * image.shape[0]))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    how = cv2.INTER_CUBIC if rng.random() < 0.5 else cv2.INTER_LINEAR
    return cv2.resize(small, image.shape[::-1], interpolation=how)


def save_as_jpeg(image: np.ndarray, box: Box, rng: np.random.Generator) -> np.ndarray:
    """Save as a JPEG of low quality, and open it again."""
    coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(12, 70))])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE))


def extract_ink(image: np.ndarray, box: Box, rng: np.random.Generator) -> np.ndarray:
    """Subtract the local brightness of the paper, and make the strongest ink white."""
    around = cv2.blur(image, (61, image.shape[0] | 1))
    ink = cv2.subtract(image, np.minimum(around, np.uint8(np.median(image))))
    strokes = ink[ink > np.float32(MIN_CONTRAST * WHITE)]
    strongest = float(np.percentile(strokes, 90)) if strokes.size else WHITE
    return cv2.convertScaleAbs(ink, alpha=WHITE / max(strongest, 2 * MIN_CONTRAST * WHITE))


def add_grain(image: np.ndarray, box: Box, rng: np.random.Generator) -> np.ndarray:
    """Let grain show around the line: strong ink stands out from it clearly, weak ink hardly."""
    left, right = max(0, box[0] - int(rng.integers(4, 24))), box[2] + int(rng.integers(4, 24))
    seen = image[:, left:right]
    if rng.random() < 0.5:
        grain = (draw_texture(seen.shape, NUM_GRAINS, rng) - np.float32(128)) / BANK_DEVIATION
    else:
        across, along = rng.uniform(0.3, 1.5, 2)
        noise = cv2.GaussianBlur(rng.standard_normal(seen.shape, np.float32), (0, 0), across, sigmaY=along)
        grain = np.divide(noise, max(float(np.std(noise)), 1e-6), dtype=np.float32)
    grainy = (seen + np.float32(rng.uniform(10, 65)) * grain).clip(0, WHITE)
    if rng.random() < 0.7:  # the recogniser takes its usual strength for paper
        grainy = (grainy - np.percentile(grainy, PAPER_SHARE)).clip(0, WHITE)
    image = image.copy()
    image[:, left:right] = grainy.astype(np.uint8)
    return image


def _lighten(image: np.ndarray, piece: np.ndarray, left: int, top: int) -> None:
    """Put a piece onto an image where it is brighter, as far as it lies within."""
    right = min(image.shape[1], left + piece.shape[1])
    first = max(0, left)
    if right > first:
        seen = image[top : top + len(piece), first:right]
        np.maximum(seen, piece[:, first - left : right - left], out=seen)
