"""The paper, the light and the camera: from a faultless black-and-white scan to a photograph in poor light.

Letters in this file: H W image.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from text_recognizer.images.augment import Augment
from text_recognizer.images.constants import WHITE

LOOKS = {"scanned clean": 0.45, "scanned grey": 0.3, "photographed": 0.25}  # and how often each is chosen
RULED = {"scanned clean": 0.03, "scanned grey": 0.4, "photographed": 0.3}


@dataclass(frozen=True)
class Camera:
    """Paper, light and camera of a picture; drawn once and kept for a page.

    Parameters
    ----------
    look
        One of LOOKS.
    contrast
        How much darker ink is than paper, as a share of the whole range.
    blur
        Standard deviation of the blur in pixels.
    rule
        How dark ruled lines are, 0 for none, as a share of the whole range.
    rule_height
        How far above the baseline they are printed, in x-heights.
    rule_pitch
        Distance between them, in x-heights.
    bleed
        How dark the writing of the other side shines through.
    quality
        Quality of the JPEG file; None for a format that keeps every pixel.
    effects
        What paper, light, ink and sensor do.
    """

    look: str
    contrast: float
    blur: float
    rule: float
    rule_height: float
    rule_pitch: float
    bleed: float
    quality: int | None
    effects: Augment

    def photograph(self, ink: np.ndarray, baseline: float, x_height: float, rng: np.random.Generator) -> np.ndarray:
        """Return the picture of ink (H, W) uint8, white on black: the same shape and type.

        Parameters
        ----------
        baseline
            A row on which letters stand.
        x_height
            Pixels of an x.
        """
        image = cv2.convertScaleAbs(ink, alpha=self.contrast)
        if self.rule:
            image = self._rule(image, baseline, x_height)
        if self.bleed:
            image = self._shine_through(image, rng)
        if self.look != "scanned clean":
            image = self.effects.vary_ink(image, rng)
        if self.look == "photographed" or (self.look == "scanned grey" and rng.random() < 0.3):
            image = self.effects.show_paper(image, rng)
        if self.blur > 0.15:
            image = cv2.GaussianBlur(image, (0, 0), self.blur)
        if self.look != "scanned clean":
            image = self.effects.add_noise(image, rng)
        return image if self.quality is None else _as_jpeg(image, self.quality)

    def _rule(self, image: np.ndarray, baseline: float, x_height: float) -> np.ndarray:
        """Print lines beneath the ink, a little askew."""
        height, width = image.shape
        paper = np.zeros_like(image)
        pitch = max(4.0, self.rule_pitch * x_height)
        row = (baseline - self.rule_height * x_height) % pitch
        while row < height:
            ends = (0, round(16 * row)), (16 * width, round(16 * (row + 0.002 * width * self.rule_height)))
            cv2.line(paper, *ends, WHITE * self.rule, 1, cv2.LINE_AA, 4)
            row += pitch
        return cv2.max(image, paper)

    def _shine_through(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Let the mirrored page show through faintly, as writing on the back."""
        back = np.roll(image[::-1, ::-1], rng.integers(1, np.array(image.shape)), axis=(0, 1))
        return cv2.max(image, cv2.convertScaleAbs(cv2.GaussianBlur(back, (0, 0), 1.5), alpha=self.bleed))


def draw_camera(rng: np.random.Generator, look: str | None = None) -> Camera:
    """Draw a camera and its paper at random; `look` fixes the kind of picture."""
    if look is None:
        look = str(rng.choice(list(LOOKS), p=list(LOOKS.values())))
    clean, photo = look == "scanned clean", look == "photographed"
    return Camera(
        look=look,
        contrast=rng.uniform(0.8, 1) if clean else rng.uniform(0.45, 1),
        blur=rng.uniform(0, 0.45) if clean else rng.uniform(0, 1.1 if photo else 0.8),
        rule=rng.uniform(0.1, 0.8) if rng.random() < RULED[look] else 0.0,
        rule_height=rng.normal(-0.05, 0.12),
        rule_pitch=rng.uniform(2.8, 6),
        bleed=rng.uniform(0.05, 0.25) if photo and rng.random() < 0.2 else 0.0,
        quality=int(rng.integers(25, 95)) if rng.random() < (0.05 if clean else 0.4) else None,
        effects=Augment(paper=0.35 if photo else 0.12, noise=0.035 if photo else 0.015, ink_loss=0.5 if photo else 0.4),
    )


def _as_jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE))
