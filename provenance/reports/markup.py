"""HTML nothing can break out of: what is filled in is escaped unless it is markup already."""

from collections.abc import Iterable

from markupsafe import Markup

from provenance.reports.printable import printable


def fill(template: Markup, **values: str | int) -> Markup:
    """Return the template with its values; text is escaped, its control characters written out."""
    return template.format(
        **{
            name: value if isinstance(value, Markup) else printable(str(value))
            for name, value in values.items()
        }
    )


def joined(parts: Iterable[Markup], between: str = "\n") -> Markup:
    """Return markup one after the other."""
    return Markup(between).join(parts)  # noqa: S704  (ours: a line break or a comma)
