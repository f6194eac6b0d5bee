"""Run as `python -m provenance`."""

from provenance.cli.entry import run

run()
