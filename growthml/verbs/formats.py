"""What `--format` names."""

from __future__ import annotations

from growthml.errors import UsageError

FORMATS = ("html", "pdf", "xlsx", "parquet")
USUAL = ("html", "pdf")


def formats_of(text: str | None) -> list[str] | None:
    """The formats of `--format html,pdf`, None where it is not given; raises UsageError."""
    if text is None:
        return None
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in FORMATS]
    if unknown or not wanted:
        raise UsageError(
            f"--format {text}: expected some of {', '.join(FORMATS)}, such as html,pdf"
        )
    return wanted
