"""Random changes of training images: of the hand, the pen, the paper and the scanner.

`python -m text_recognizer.images.augment` draws examples. In torchvision and Albumentations each change of shape
interpolates anew, which blurs thin strokes, and may push ink over the edge. This module interpolates once.

Letters in this file: H W image, G K grid of coordinates.
"""

import math
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from text_recognizer.images.constants import INK, WHITE
from text_recognizer.images.pictures import contact_sheet
from text_recognizer.paths import PROCESSED_DIRNAME
from text_recognizer.util import UserError, write_atomically

cv2.setNumThreads(0)  # loaders run in several processes, whose threads would compete

STEP = 8  # pixels between two points of the grid of coordinates
LAMP_DISTANCE = 256  # pixels from a bright to a dark place of unevenly lit paper
BANK_SEED, BANK_SHAPE, BANK_DEVIATION = 2021, (768, 2304), 40  # large enough to give each image another part
GRAINS = ((1, 1), (2, 2), (4, 4), (8, 8), (16, 16), (32, 32), (2, 16), (16, 2))  # a grain's height and width in pixels
CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
LINES = ["Pack my box with five dozen liquor jugs,", "then ask: who saw the 3 quick foxes?"]
NUM_VERSIONS = 8


@dataclass
class Augment:
    """Changes an image at random: (H, W) uint8, white ink on black, to the same shape and type.

    The whole warp is one map of coordinates, so pixels are interpolated once. All ink stays on the canvas: if the warp
    would push some of it out, the image is shifted and shrunk until it fits. Lengths are in line heights, so that a
    setting means the same for a single line and for a page of small lines.

    Parameters
    ----------
    line_height
        Height of a line of text in pixels, from the top of an l to the bottom of a g.
    rotation
        Largest rotation in degrees, either way.
    slant
        Largest slant of the letters in degrees, either way.
    scale
        Largest factor by which height and width, each on its own, grow or shrink.
    translation
        Largest shift in line heights, across and down.
    perspective
        Largest change of size between the middle and the end of the longer side, as a share.
    elastic
        Largest elastic displacement in line heights.
    thicker
        Most that a pen gains on each side, in pixels.
    thinner
        Most that a pen loses on each side, in pixels.
    ink_loss
        Most that ink loses of its white where it is faintest, as a share.
    paper
        Brightest that paper gets, as a share of white.
    blur
        Largest standard deviation of the blur in line heights.
    noise
        Largest standard deviation of the scanner's noise, as a share of white.
    warp_probability
        How often there is a warp.
    probability
        How often each of the five other changes is made: to the pen, to the ink, by paper, by blur, by noise.
    """

    line_height: float = 56
    rotation: float = 0.6
    slant: float = 20
    scale: float = 1.25
    translation: float = 0.3
    perspective: float = 0.1
    elastic: float = 0.1
    thicker: float = 1.0
    thinner: float = 0.5
    ink_loss: float = 0.5
    paper: float = 0.35
    blur: float = 0.02
    noise: float = 0.04
    warp_probability: float = 0.9
    probability: float = 0.5

    def __post_init__(self) -> None:
        limits = {"line_height": (1, math.inf), "scale": (1, 4), "rotation": (0, 45), "slant": (0, 60)}
        limits |= {"translation": (0, math.inf), "perspective": (0, 0.2), "elastic": (0, 0.5), "blur": (0, 1)}
        for name, value in asdict(self).items():
            low, high = limits.get(name, (0, 1))
            if not low <= value <= high:
                raise UserError(f"{name}={value}: expected a number from {low:g} to {high:g}")

    @classmethod
    def for_lines(cls, **settings: Any) -> "Augment":
        """Return settings for one line of text on a canvas of about 56 x 1024."""
        return cls(**settings)

    @classmethod
    def for_pages(cls, **settings: Any) -> "Augment":
        """Return settings for a page of about twenty lines on 576 x 640."""
        for_pages = {"line_height": 28, "rotation": 2.5, "slant": 12, "scale": 1.15, "translation": 2}
        return cls(**(for_pages | {"thicker": 0.6, "thinner": 0.4, "blur": 0.025} | settings))

    def __call__(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return a changed copy; the same generator in the same state gives the same pixels in any process."""
        if image.ndim != 2 or image.dtype != np.uint8:
            raise ValueError(f"an image {image.shape} of {image.dtype}: expected (H, W) of uint8, white ink on black")
        image = self.warp(image, rng) if rng.random() < self.warp_probability else image.copy()
        for change in (self.change_pen, self.vary_ink, self.show_paper, self.soften, self.add_noise):
            if rng.random() < self.probability:
                image = change(image, rng)
        return image

    def warp(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Rotate, slant, scale, shift and bend, with perspective, in one step."""
        x, y, width, height = cv2.boundingRect(cv2.threshold(image, INK, WHITE, cv2.THRESH_BINARY)[1])
        if width == 0:
            return image.copy()
        waves = self._draw_waves(image.shape, rng)
        box = np.array([(x, y), (x + width - 1, y + height - 1)], dtype=np.float64)
        matrix = place(self._draw_matrix(image.shape, rng), box, np.abs(waves).max(axis=(0, 1)), image.shape)
        points = cv2.perspectiveTransform(grid_of(image.shape) + waves, np.linalg.inv(matrix))
        coordinates = cv2.resize(points, None, fx=STEP, fy=STEP)[STEP:, STEP:][: image.shape[0], : image.shape[1]]
        return cv2.remap(image, coordinates, None, cv2.INTER_LINEAR)  # type: ignore[call-overload]

    def change_pen(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Make strokes thicker or thinner: parts of a pixel come from mixing the image with the changed one."""
        change, most = (cv2.dilate, self.thicker) if rng.random() < 0.5 else (cv2.erode, self.thinner)
        share = rng.uniform(0, most)
        return cv2.addWeighted(image, 1 - share, change(image, CROSS), share, 0)

    def vary_ink(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Make ink fainter, evenly and along the strokes."""
        loss = rng.uniform(0, self.ink_loss)
        uneven = loss * rng.random()
        texture = draw_texture(image.shape, len(GRAINS), rng)
        kept = cv2.convertScaleAbs(texture, alpha=-uneven, beta=WHITE * (1 - loss + uneven))
        return cv2.multiply(image, kept, scale=1 / WHITE)

    def show_paper(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Add paper behind the ink: grey, textured and unevenly lit."""
        even, textured, shaded = rng.uniform(0, self.paper) * rng.dirichlet((3, 1, 3))
        texture = draw_texture(image.shape, len(GRAINS), rng)
        lamps = rng.integers(0, WHITE + 1, [length // LAMP_DISTANCE + 2 for length in image.shape], np.uint8)
        shade = cv2.resize(lamps, image.shape[::-1], interpolation=cv2.INTER_CUBIC)
        paper = cv2.addWeighted(texture, textured, shade, shaded, WHITE * even)
        # What neither ink nor paper whitens stays black.
        return cv2.bitwise_not(cv2.multiply(cv2.bitwise_not(image), cv2.bitwise_not(paper), scale=1 / WHITE))

    def soften(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Blur, as a scanner or a lens does."""
        return cv2.GaussianBlur(image, (0, 0), max(rng.uniform(0, self.blur) * self.line_height, 0.01))

    def add_noise(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Add noise as fine as pixels or twice as coarse."""
        weight = WHITE * rng.uniform(0, self.noise) / BANK_DEVIATION
        return cv2.addWeighted(image, 1, draw_texture(image.shape, 2, rng), weight, -128 * weight)

    def _draw_waves(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        """Draw elastic displacements (GH, GW, 2) in pixels: few random knots, joined by smooth curves."""
        distance = self.line_height * 2 ** rng.uniform(-1, 1.5)
        knots = rng.uniform(-1, 1, (*(math.ceil(length / distance) + 1 for length in shape), 2)).astype(np.float32)
        most = rng.uniform(0, self.elastic) * min(distance, self.line_height)
        height, width, _ = grid_of(shape).shape
        return most * cv2.resize(knots, (width, height), interpolation=cv2.INTER_CUBIC)

    def _draw_matrix(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        """Draw the linear part of the warp about the ink's centre: a (3, 3) homogeneous matrix."""
        angle, slant = np.radians(rng.uniform(-1, 1, 2) * (self.rotation, self.slant))
        wide, high = self.scale ** rng.uniform(-1, 1, 2)
        x, y = rng.uniform(-1, 1, 2) * self.translation * self.line_height
        right, down = 2 * self.perspective * rng.uniform(-1, 1, 2) / max(shape)
        rotation = np.array([[math.cos(angle), -math.sin(angle), x], [math.sin(angle), math.cos(angle), y], [0, 0, 1]])
        stretch = np.array([[wide, high * math.tan(slant), 0], [0, high, 0], [0, 0, 1]])
        return rotation @ stretch @ np.array([[1, 0, 0], [0, 1, 0], [right, down, 1]])


def place(matrix: np.ndarray, box: np.ndarray, margin: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Add to a matrix a scale and a shift that keep the ink's box (2, 2) at least a margin (2,) from the edge."""
    middle, last = box.mean(axis=0), np.array(shape[::-1]) - 1
    corners = np.array([[[x, y] for x in box[:, 0] for y in box[:, 1]]]) - middle
    moved = cv2.perspectiveTransform(corners, matrix)[0]
    low, high = moved.min(axis=0), moved.max(axis=0)
    shrink = np.minimum(1, np.maximum(last - 2 * margin, last / 2) / np.maximum(high - low, 1))
    target = np.clip(middle, margin - shrink * low, last - margin - shrink * high)
    there = np.array([[shrink[0], 0, target[0]], [0, shrink[1], target[1]], [0, 0, 1]])
    return there @ matrix @ np.array([[1, 0, -middle[0]], [0, 1, -middle[1]], [0, 0, 1]])


@cache
def grid_of(shape: tuple[int, int]) -> np.ndarray:
    """Return points (x, y) STEP pixels apart that reach beyond a canvas (H, W): (GH, GW, 2).

    `cv2.resize` by STEP turns point i into the pixels around (i + 0.5) STEP - 0.5; the first STEP pixels are cut off.
    """
    y, x = np.mgrid[0 : shape[0] // STEP + 3, 0 : shape[1] // STEP + 3].astype(np.float32)
    return (np.stack([x, y], axis=2) - 0.5) * STEP - 0.5


@cache
def noise_bank() -> list[np.ndarray]:
    """Draw one texture for each of GRAINS, the same in each process: BANK_SHAPE of uint8, mean 128."""
    rng, (height, width), bank = np.random.default_rng(BANK_SEED), BANK_SHAPE, list[np.ndarray]()
    for grain_height, grain_width in GRAINS:
        grains = rng.standard_normal((height // grain_height, width // grain_width), np.float32)
        noise = cv2.resize(grains, (width, height), interpolation=cv2.INTER_CUBIC)
        bank.append((128 + BANK_DEVIATION / noise.std() * noise).clip(0, WHITE).astype(np.uint8))
    return bank


def draw_texture(shape: tuple[int, ...], num_grains: int, rng: np.random.Generator) -> np.ndarray:
    """Cut a piece (H, W) out of one of the first textures; a canvas larger than the bank gets it enlarged."""
    texture, (height, width) = noise_bank()[rng.integers(num_grains)], shape
    if height > texture.shape[0] or width > texture.shape[1]:
        return cv2.resize(texture, (width, height))
    y, x = rng.integers(texture.shape[0] - height + 1), rng.integers(texture.shape[1] - width + 1)
    return texture[y : y + height, x : x + width]


def draw_text(lines: list[str], shape: tuple[int, int], line_height: int) -> np.ndarray:
    """Draw lines of text in Pillow's font, white on black: (H, W) uint8."""
    image = Image.new("L", shape[::-1])
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(0.8 * line_height)
    draw.multiline_text((line_height / 2, 0), "\n".join(lines), fill=WHITE, font=font, spacing=0.2 * line_height)
    return np.array(image)


def look(name: str, augment: Augment, image: np.ndarray) -> None:
    """Save a picture of an image and of changed copies of it."""
    images = [image, *(augment(image, np.random.default_rng(i)) for i in range(NUM_VERSIONS))]
    captions = ["as it was", *(f"version {i + 1}" for i in range(NUM_VERSIONS))]
    filename = PROCESSED_DIRNAME / "look" / f"{name}.png"
    with write_atomically(filename) as file:
        contact_sheet([torch.from_numpy(image)[None] / WHITE for image in images], captions).save(file, format="png")
    print(f"Picture of {NUM_VERSIONS} versions: {filename}")


if __name__ == "__main__":
    look("Augment", Augment.for_lines(), draw_text([" ".join(LINES)[:45]], (56, 1024), 56))
    look("AugmentPages", Augment.for_pages(), draw_text(LINES * 9, (576, 640), 32))
