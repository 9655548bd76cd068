"""Regions for administrators. Units are in hours.admin: merging them changes the sums of registrations."""

from .regions import RegionAdmin

__all__ = ["RegionAdmin"]
