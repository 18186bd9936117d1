"""Drawn pictures of pages, as people take them, to train a line finder; new ones in each epoch.

Letters in this file: B batch, H W picture, h w maps at half its size.
"""

import sys
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from text_recognizer.data.base_data_module import BaseDataModule
from text_recognizer.data.drawing.drawn import TEST_SEED, VAL_SEED
from text_recognizer.data.drawing.on_demand import OnDemandDataset
from text_recognizer.data.world.banks import prepare_bank, read_bank
from text_recognizer.data.world.copiste_hands import has_copiste
from text_recognizer.handwriting.hands import describe_hands
from text_recognizer.handwriting.world.photograph import Picture
from text_recognizer.handwriting.world.picture import Scene, draw_picture
from text_recognizer.handwriting.world.sheet import CORE, PRINTED
from text_recognizer.paths import PROCESSED_DIRNAME
from text_recognizer.util import UserError, write_atomically

LONGER_SIDE = 1024  # pixels of a picture that the finder sees
STRIDE = 32
HALF = 2
UP_SHIFT = 6  # in a target, the first bit of the number of turns
OUTSIDE = 256  # in a target, the bit of pixels beyond the picture
HEIGHT_UNIT = 16  # targets hold heights in sixteenths of a pixel
TURNS = ("upright", "a quarter turn", "half a turn", "three quarter turns")
SHAPES = {"tall": 0.5, "wide": 0.37, "strip": 0.13}  # with the share of batches of each
# Each batch holds close crops beside whole pages: a network with batch normalisation learns them wrongly if a batch
# holds only crops.
CROPS, CROP_SHARE = ("strip", "word"), 0.25
SMALLEST = 0.55  # of the longer side of training pictures, as a share of the largest


class DrawnWorld(BaseDataModule):
    """Pictures of drawn pages with a line finder's targets: new ones in each epoch.

    The first map of a target (2, h, w) int16 holds the bits of `Picture.labels`, the number of turns that put the
    picture upright, and a bit for pixels beyond the picture; the second holds the heights of lines. Validation and test
    pictures are always the same, in handwriting and printed families, on papers and in surroundings that training never
    sees.

    Parameters
    ----------
    num_train_pictures
        Number of training pictures in an epoch.
    num_held_out_pictures
        Number of validation pictures, and of test pictures.
    num_hands
        Number of hands whose training lines are drawn beforehand; a sixth as many for validation.
    copiste
        Use the real hands of Copiste too, if it is present.
    largest
        Pixels of the longer side of the largest training pictures. In the same time, many small pictures teach the
        network more than a few large ones, and it works as well on larger ones. Validation pictures have full size.
    """

    input_dims = (3, LONGER_SIDE, LONGER_SIDE)
    output_dims = (2, LONGER_SIDE // HALF, LONGER_SIDE // HALF)
    mapping = TURNS

    def __init__(
        self,
        num_train_pictures: int = 2_000,
        num_held_out_pictures: int = 160,
        num_hands: int = 600,
        copiste: bool = True,
        largest: int = LONGER_SIDE,
        batch_size: int = 8,
        **kwargs: Any,
    ) -> None:
        super().__init__(batch_size=batch_size, **kwargs)
        if min(num_train_pictures, num_held_out_pictures, num_hands) < 1:
            flags = f"--num_train_pictures={num_train_pictures} --num_held_out_pictures={num_held_out_pictures}"
            raise UserError(f"{flags} --num_hands={num_hands}: expected 1 or more")
        if not 8 * STRIDE <= largest <= LONGER_SIDE:
            raise UserError(f"--largest={largest}: expected {8 * STRIDE} to {LONGER_SIDE} pixels")
        self.largest = largest
        self.num_train_pictures = num_train_pictures
        self.num_held_out_pictures = num_held_out_pictures
        self.num_hands = {"train": num_hands, "val": max(1, num_hands // 6), "test": max(1, num_hands // 6)}
        self.copiste = copiste
        real = " and real hands of Copiste (BAnQ, CC-BY 4.0)" if copiste and has_copiste() else ""
        self.source = f"the handwriting engine: {describe_hands()}{real}"

    def prepare_data(self) -> None:
        """Draw the lines that pages are composed of."""
        for split, num in self.num_hands.items():
            prepare_bank(split, num, self.copiste)

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return data sets that draw each picture on demand."""
        moves_on = not self.validates_on_train
        seeds = {"val": VAL_SEED, "test": TEST_SEED}
        val, test = (
            WorldPictures(split, self.num_held_out_pictures, seed, self.batch_size) for split, seed in seeds.items()
        )
        train = WorldPictures("train", self.num_train_pictures, None, self.batch_size, moves_on, self.largest)
        return train, val, test

    def _loader(self, dataset: Dataset | None, shuffle: bool = False) -> DataLoader:
        """Return batches of pictures of one shape, in order, because new pictures need no shuffling."""
        assert isinstance(dataset, WorldPictures), "call setup() first"
        return DataLoader(
            dataset,
            batch_size=self.batch_size,
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
            collate_fn=collate,
        )


class WorldPictures(OnDemandDataset):
    """Pictures that are drawn on demand.

    Parameters
    ----------
    split
        The split of families, papers and surroundings: "train", "val" or "test".
    num
        Number of pictures.
    seed
        The seed of these pictures; the run's seed if None.
    batch_size
        Number of consecutive pictures of one shape.
    moves_on
        Draw other pictures in each epoch.
    largest
        Pixels of the longer side of the largest pictures.
    """

    def __init__(
        self,
        split: str,
        num: int,
        seed: int | None,
        batch_size: int,
        moves_on: bool = False,
        largest: int = LONGER_SIDE,
    ) -> None:
        super().__init__(num, seed, moves_on)
        self.split = split
        self.batch_size = batch_size
        self.largest = largest
        self.bank = read_bank(split)

    def make(self, index: int, rng: np.random.Generator) -> Any:
        """Return a picture (H, W, 3) uint8 and its target (2, h, w) int16; `collate` makes batches of them."""
        of_batch = np.random.default_rng([self.seed, self.epoch, index // self.batch_size, 1])
        scene = draw_scene(of_batch, self.largest)
        if scene.layout is None and rng.random() < CROP_SHARE:
            scene = replace(scene, layout=CROPS[rng.integers(2)])
        is_half_turned = rng.random() < (0.5 if scene.turns else 0.3)
        scene = replace(scene, turns=scene.turns + 2 * is_half_turned)
        return target_of(draw_picture(self.bank, scene, self.split, rng))


def draw_scene(rng: np.random.Generator, largest: int) -> Scene:
    """Draw what the pictures of a batch share: a shape of at most `largest` pixels, and whether they lie on a side."""
    kind = str(rng.choice(list(SHAPES), p=list(SHAPES.values())))
    longer = int(STRIDE * round(largest * rng.uniform(SMALLEST, 1) / STRIDE))
    share = rng.uniform(0.15, 0.45) if kind == "strip" else rng.uniform(0.58, 0.86) if rng.random() < 0.96 else 1.0
    shorter = int(STRIDE * max(2, round(longer * share / STRIDE)))
    is_tall = kind == "tall"
    turns = int(rng.random() < 0.3)
    layout = kind if kind == "strip" else None
    return Scene((longer, shorter) if is_tall else (shorter, longer), layout, turns=turns)


def target_of(picture: Picture) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture (H, W, 3) uint8 no larger than LONGER_SIDE, and its target (2, h, w) int16."""
    labels = picture.labels.astype(np.int16) | np.int16(picture.up << UP_SHIFT)
    heights = np.round(HEIGHT_UNIT * picture.heights).clip(0, 32_000).astype(np.int16)
    return picture.image, np.stack([labels, heights])


def collate(items: list[tuple[np.ndarray, np.ndarray]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Collate pictures to a batch, padded right and below: (B, 3, H, W) in [0, 1] and (B, 2, h, w) int16."""
    height, width = (STRIDE * -(-max(image.shape[axis] for image, _ in items) // STRIDE) for axis in (0, 1))
    padding = 0 if items[0][0].sum() % 3 else 255  # black or white, so that neither means anything
    x = np.full((len(items), height, width, 3), padding, np.uint8)
    y = np.full((len(items), 2, height // HALF, width // HALF), OUTSIDE, np.int16)
    y[:, 1] = 0
    for image, target, to, into in zip(*zip(*items, strict=True), x, y, strict=True):
        to[: image.shape[0], : image.shape[1]] = image
        up = int(target[0, 0, 0]) >> UP_SHIFT << UP_SHIFT
        into[0] |= up
        into[:, : target.shape[1], : target.shape[2]] = target
    return torch.from_numpy(x).permute(0, 3, 1, 2).float() / 255, torch.from_numpy(y)


def fit_picture(image: np.ndarray, longer: int = LONGER_SIDE) -> np.ndarray:
    """Scale a picture (H, W, 3) uint8 to the finder's working size."""
    scale = longer / max(image.shape[:2])
    size = max(HALF, round(scale * image.shape[1])), max(HALF, round(scale * image.shape[0]))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


def look(num: int = 12) -> None:
    """Save a sheet of training pictures with the cores of their lines: blue for print, green for handwriting."""
    data = DrawnWorld(num_train_pictures=num, num_held_out_pictures=1, batch_size=1)
    data.prepare_data()
    data.setup()
    assert isinstance(data.data_train, WorldPictures)
    seen = [colour_cores(*data.data_train[i]) for i in range(num)]  # type: ignore[arg-type]
    filename = PROCESSED_DIRNAME / "look" / "DrawnWorld.jpg"
    with write_atomically(filename) as file:
        Image.fromarray(np.hstack(seen)).save(file, format="jpeg")
    print(f"Picture of {num} training pictures: {filename}")


def colour_cores(image: np.ndarray, target: np.ndarray, side: int = 384) -> np.ndarray:
    """Return a reduced picture (side, side, 3) uint8 with its target drawn over it."""
    labels = cv2.resize(target[0], image.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    seen = image.copy()
    for bits, colour in ((CORE, (0, 160, 0)), (CORE | PRINTED, (0, 60, 220))):
        here = labels & (CORE | PRINTED) == bits
        seen[here] = seen[here] // 2 + np.array(colour, np.uint8) // 2
    small = fit_picture(seen, side)
    return cv2.copyMakeBorder(small, 0, side - small.shape[0], 0, side - small.shape[1], cv2.BORDER_CONSTANT)


if __name__ == "__main__":
    try:
        look()
    except (UserError, OSError) as error:
        sys.exit(f"error: {error}")
