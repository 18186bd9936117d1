"""What is wrong with labelled pages, region by region."""

from dataclasses import dataclass, field


@dataclass
class Problems:
    """A list that is read out at the end, so that a person can mend everything at once."""

    rows: list[str] = field(default_factory=list)

    def add(self, page: str, region: str, what: str) -> None:
        """Note what is wrong with a region of a page, or with the page."""
        self.rows.append(f"{page}, region {region}: {what}" if region else f"{page}: {what}")
