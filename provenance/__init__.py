"""Marks AI-generated media as temporary and gates it out of final deliverables."""

__version__ = "0.1.0"
