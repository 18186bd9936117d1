"""Paragraphs drawn from several data sets by weight, for instance synthetic and real ones."""

from typing import Any, ClassVar

from text_recognizer.data.copiste_paragraphs import CopisteParagraphs
from text_recognizer.data.drawing.mixed import MixedData, Sources
from text_recognizer.data.iam_original_and_synthetic_paragraphs import IAMOriginalAndSyntheticParagraphs
from text_recognizer.data.iam_paragraphs import IAMParagraphs
from text_recognizer.data.iam_synthetic_paragraphs import IAMSyntheticParagraphs
from text_recognizer.data.show.look_pages import look_at_pages
from text_recognizer.data.synthetic_paragraphs import SyntheticParagraphs

PUT_TOGETHER = (IAMOriginalAndSyntheticParagraphs, SyntheticParagraphs, CopisteParagraphs, IAMSyntheticParagraphs)
REAL = (IAMParagraphs,)  # the number of lines of their pages cannot be chosen


class MixedParagraphs(MixedData):
    """Training paragraphs from several data sets; validation and test paragraphs are those of one set.

    Parameters
    ----------
    sources
        Data sets with their weights: "SyntheticParagraphs:0.7,IAMParagraphs:0.3". The weights need not add up to 1.
    num_mixed_paragraphs
        Number of training paragraphs in an epoch.
    min_lines
        Fewest lines of a page, for each set that composes its pages; the set's own default if not given.
    max_lines
        Most lines of a page, for each set that composes its pages. Real pages keep their lines.
    free_text
        Keep the engine from writing texts of Brown, even if Brown is present.
    """

    SOURCES: ClassVar[Sources] = {cls.__name__: cls for cls in (*PUT_TOGETHER, *REAL)}
    unit = "paragraphs"

    def __init__(
        self,
        sources: str = "IAMOriginalAndSyntheticParagraphs:0.5,SyntheticParagraphs:0.3,CopisteParagraphs:0.2",
        num_mixed_paragraphs: int = 10_000,
        min_lines: int | None = None,
        max_lines: int | None = None,
        free_text: bool = False,
        **kwargs: Any,
    ) -> None:
        given = {"min_lines": min_lines, "max_lines": max_lines}
        nums_lines = {name: value for name, value in given.items() if value is not None}
        settings: dict[str, dict[str, Any]] = {cls.__name__: dict(nums_lines) for cls in PUT_TOGETHER}
        settings["SyntheticParagraphs"]["free_text"] = free_text
        super().__init__(sources=sources, num_mixed=num_mixed_paragraphs, settings=settings, **kwargs)


if __name__ == "__main__":
    look_at_pages(MixedParagraphs)
