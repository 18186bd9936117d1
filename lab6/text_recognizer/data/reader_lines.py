"""The training data of the recogniser's line model: real and drawn lines that look like its strips."""

from typing import Any, ClassVar

from torch.utils.data import DataLoader, Dataset

from text_recognizer.data.copiste_lines import CopisteLines
from text_recognizer.data.drawing.mixed import MixedData, Sources
from text_recognizer.data.drawing.seen import SeenLines
from text_recognizer.data.drawing.width_pools import with_width_pools
from text_recognizer.data.iam_grey_lines import IAMGreyLines
from text_recognizer.data.iam_lines import IAMLines
from text_recognizer.data.iam_ondb_lines import IAMOnDBLines
from text_recognizer.data.show.look import look_at
from text_recognizer.data.synthetic_lines import SyntheticLines
from text_recognizer.data.written_lines import WrittenLines
from text_recognizer.util import UserError
from text_recognizer.wide_vocabulary import WIDE_MAPPING


class ReaderLines(MixedData):
    """Training lines from several data sets in the recogniser's own vocabulary, with rules, neighbours and blur.

    Validation and test lines are those of one set, unchanged. Training batches hold lines of about the same width.

    Parameters
    ----------
    sources
        Data sets and how often each is drawn from: "WrittenLines:0.7,IAMLines:0.3". The weights need not add up to 1.
    num_mixed_lines
        Number of training lines that count as an epoch.
    free_text
        Let the engine write nothing of Brown, even where it is present.
    notes
        Share of `WrittenLines` that are no prose.
    joined
        Share of `WrittenLines` that are joined up.
    looks
        Share of training lines that show what lies around and behind them: rules, tables, neighbours, the back.
    held_out_lines
        Number of validation lines, and of test lines, where they are drawn.
    min_families
        Refuse to train with fewer handwriting families than this.
    """

    SOURCES: ClassVar[Sources] = {
        source.__name__: source
        for source in (WrittenLines, IAMLines, IAMGreyLines, IAMOnDBLines, CopisteLines, SyntheticLines)
    }
    unit = "lines"

    def __init__(
        self,
        sources: str = "IAMLines:0.3,IAMOnDBLines:0.25,WrittenLines:0.3,CopisteLines:0.15",
        num_mixed_lines: int = 20_000,
        free_text: bool = False,
        notes: float = 0.45,
        joined: float = 0.35,
        looks: float = 0.5,
        held_out_lines: int = 1_000,
        min_families: int = 0,
        **kwargs: Any,
    ) -> None:
        if not 0 <= looks <= 1:
            raise UserError(f"--looks={looks}: expected a share from 0 to 1")
        engine: dict[str, Any] = {
            "free_text": free_text,
            "num_held_out_lines": held_out_lines,
            "min_families": min_families,
        }
        settings = {"WrittenLines": engine | {"notes": notes, "joined": joined}, "SyntheticLines": engine}
        super().__init__(sources=sources, num_mixed=num_mixed_lines, settings=settings, **kwargs)
        self.mapping = WIDE_MAPPING  # that of the labs' own sets is its beginning
        self.looks = looks

    def load_splits(self) -> tuple[Dataset, Dataset, Dataset]:
        """Return the mixed training lines as strips show them, and one set's validation and test lines."""
        train, val, test = super().load_splits()
        if self.looks and not self.validates_on_train:  # --overfit_batches needs the same images in each epoch
            train = SeenLines(train, self.looks)
        return train, val, test

    def train_dataloader(self) -> DataLoader:
        """Return shuffled training batches, each cut to its widest line."""
        return with_width_pools(super().train_dataloader())


if __name__ == "__main__":
    look_at(ReaderLines)
