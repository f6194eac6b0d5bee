"""Folders without change events: seen by their times, at little cost."""
