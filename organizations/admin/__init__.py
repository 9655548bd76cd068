"""Regions and units for administrators."""

from .regions import RegionAdmin
from .units import UnitAdmin

__all__ = ["RegionAdmin", "UnitAdmin"]
