"""The mark of tests that try everything: whatever they run over and over, others run once."""

import pytest

exhaustive = pytest.mark.no_cover
"""Count no lines in a test: that would take twice as long as running them."""
