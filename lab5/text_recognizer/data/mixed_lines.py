"""Lines drawn from several data sets by weight, synthetic and real ones for instance."""

from typing import Any, ClassVar

from text_recognizer.data.copiste_lines import CopisteLines
from text_recognizer.data.drawing.mixed import MixedData, Sources
from text_recognizer.data.emnist_lines2 import EMNISTLines2
from text_recognizer.data.iam_lines import IAMLines
from text_recognizer.data.show.look import look_at
from text_recognizer.data.synthetic_lines import SyntheticLines


class MixedLines(MixedData):
    """Training lines from several data sets; validation and test lines are those of one set.

    Parameters
    ----------
    sources
        Data sets and how often each is drawn from: "SyntheticLines:0.7,IAMLines:0.3". The weights need not add up to 1.
    num_mixed_lines
        Number of training lines that count as an epoch.
    free_text
        Let the engine write nothing of Brown, even where it is present.
    """

    SOURCES: ClassVar[Sources] = {
        source.__name__: source for source in (SyntheticLines, IAMLines, CopisteLines, EMNISTLines2)
    }
    unit = "lines"

    def __init__(
        self,
        sources: str = "IAMLines:0.5,SyntheticLines:0.5",
        num_mixed_lines: int = 20_000,
        free_text: bool = False,
        **kwargs: Any,
    ) -> None:
        settings = {"SyntheticLines": {"free_text": free_text}}
        super().__init__(sources=sources, num_mixed=num_mixed_lines, settings=settings, **kwargs)


if __name__ == "__main__":
    look_at(MixedLines)
