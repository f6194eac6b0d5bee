"""Runs a named task on already opened files in a killable process with hard limits.

Native or unbounded parsers (c2pa, mutagen, MediaInfo, Pillow) meet foreign bytes only in here:
some of them hang, abort the process, eat memory, or open URLs and paths that the file names.
A room of its own above `model`, because both `media` and the rooms above it need it.
"""
