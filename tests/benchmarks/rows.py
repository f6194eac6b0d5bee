"""What a benchmark says: rows of one table, with the bar each has to reach."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

_WIDTHS = (37, 13, 14, 21, 9)
_WHOLE = 100
_HEADS = ("what", "ours", "peer", "ratio (spread)", "bar", "met")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What a figure has to reach."""

    least: float | None = None
    """It may not be below."""
    most: float | None = None
    """It may not be above."""

    def is_met(self, figure: float) -> bool:
        """Return whether the figure reaches the bar."""
        return (self.least is None or figure >= self.least) and (
            self.most is None or figure <= self.most
        )

    def __str__(self) -> str:
        return f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    what: str
    """What was measured."""
    ours: str
    """Our figure, with its unit."""
    peer: str = ""
    """The other's, with its unit."""
    ratio: str = ""
    """How they compare: the median, and the least and most of the pairs."""
    bar: str = ""
    """What has to be reached; empty where the row only informs."""
    is_met: bool | None = None
    """Whether it was."""
    is_wrong: bool = False
    """Whether it shows a fault: a mark that was missed, a false alarm."""

    def __str__(self) -> str:
        met = "" if self.is_met is None else "yes" if self.is_met else "NO"
        cells = (self.what, self.ours, self.peer, self.ratio, self.bar)
        line = f"{cells[0]:<{_WIDTHS[0]}}"
        line += "".join(
            f" {cell:>{width - 1}}" for cell, width in zip(cells[1:], _WIDTHS[1:], strict=True)
        )
        return f"{line}  {met}".rstrip()


def compared(
    what: str, ours: Sequence[float], peers: Sequence[float], unit: str, bar: Bar | None = None
) -> Row:
    """Return the row of two costs taken in pairs.

    The ratio is how often ours goes into the peer's if the bar is a least, else the reverse: so
    it always grows towards, or away from, its bar.
    """
    is_speed = bar is None or bar.least is not None
    ratios = [peer / own if is_speed else own / peer for own, peer in zip(ours, peers, strict=True)]
    return Row(
        what=what,
        ours=shown(median(ours), unit),
        peer=shown(median(peers), unit),
        ratio=spread(ratios),
        bar=str(bar or ""),
        is_met=bar.is_met(median(ratios)) if bar else None,
    )


def figure(what: str, value: float, unit: str, bar: Bar) -> Row:
    """Return the row of a figure that stands for itself."""
    return Row(what=what, ours=shown(value, unit), bar=str(bar), is_met=bar.is_met(value))


def spread(ratios: Sequence[float]) -> str:
    """Return the median of some ratios with the least and the most."""
    return f"{_short(median(ratios))} ({_short(min(ratios))}-{_short(max(ratios))})"


def shown(value: float, unit: str) -> str:
    """Return a figure with its unit."""
    return f"{_short(value)} {unit}".strip()


def table(rows: Iterable[Row]) -> str:
    """Return all rows beneath their heads."""
    heads = Row(what=_HEADS[0], ours=_HEADS[1], peer=_HEADS[2], ratio=_HEADS[3], bar=_HEADS[4])
    return "\n".join([f"{heads}  {_HEADS[5]}", *map(str, rows)])


def _short(value: float) -> str:
    """Return three digits of a figure, or all that stand before its point; thousandths at most."""
    if value >= _WHOLE or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 1 else f"{value:.3f}"
