"""growthml writes the growth report a team trusts."""

__version__ = "0.1.0"
