"""Parts that management commands share."""

from __future__ import annotations

import sys
from typing import NoReturn

from tqdm import tqdm


def progress_bar(label: str, total: int) -> tqdm[NoReturn]:
    """Return a progress bar on standard output, redrawn once a second; standard error is for errors."""
    return tqdm(desc=label, total=total, unit="", mininterval=1, file=sys.stdout)
