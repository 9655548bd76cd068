"""Parts that management commands share."""

from __future__ import annotations

from typing import NoReturn

from tqdm import tqdm


def progress_bar(label: str, total: int) -> tqdm[NoReturn]:
    """Return a progress bar on standard error, redrawn at most once a second, also where that is a log file."""
    return tqdm(desc=label, total=total, unit="", mininterval=1)
