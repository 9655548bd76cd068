"""Administration of regions. That of units is in hours.admin, because a merge changes sums of registrations."""

from .regions import RegionAdmin

__all__ = ["RegionAdmin"]
