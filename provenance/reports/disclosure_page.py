"""The disclosure report as one page of HTML: it loads nothing and runs nothing."""

import base64
from collections.abc import Iterable, Iterator
from importlib import resources

from markupsafe import Markup

from provenance import __version__
from provenance.model.approval import CheckedApproval
from provenance.model.disclosure import DisclosedUse, Disclosure
from provenance.reports.disclosure import (
    allowed_words,
    override_words,
    path_text,
    scope_words,
    until_words,
)
from provenance.reports.markup import fill, joined

_PAGE = Markup("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy"
content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{name}: use of generative AI</title>
<style>
{style}</style>
</head>
<body>
<a class="skip" href="#uses">Skip to the uses</a>
<header>
<p class="kicker">Disclosure of the use of generative AI</p>
<h1>{name}</h1>
<p class="path">As of {made_at} UTC{limits}</p>
</header>
<main>
<section aria-labelledby="summary">
<h2 id="summary">Summary</h2>
<ul class="counts">
{counts}
</ul>
</section>
{unread}
<section id="uses" tabindex="-1" aria-labelledby="each">
<h2 id="each">Each use <span>{number}</span></h2>
{uses}
</section>
</main>
<footer>
<p>This lists what was tagged, declared or recognised, and the signed records about it, verified
when the report was made. Media that says nothing of AI and was never declared is not in it.
Prompts are never listed.</p>
<p>Made by provenance {version}.</p>
</footer>
</body>
</html>
""")
_COUNT = Markup("<li><span><strong>{number}</strong> {words}</span></li>")
_USE = Markup("""<article class="asset {kind}" aria-labelledby="{anchor}">
<div class="head">
{picture}
<div class="name">
<h3 id="{anchor}"><bdi>{name}</bdi></h3>
<p class="path"><bdi>{path}</bdi></p>
<p class="badge">{standing}</p>
</div>
</div>
<dl class="uses">
{facts}
</dl>
{missing}
</article>""")
_PICTURE = Markup('<img src="data:image/jpeg;base64,{data}" alt="Thumbnail of {name}">')
_FACT = Markup("<div><dt>{name}</dt><dd>{value}</dd></div>")
_LINES = Markup("<ul>{items}</ul>")
_LINE = Markup("<li><bdi>{text}</bdi></li>")
_MISSING = Markup('<div class="why"><h4>What is missing</h4>\n<ul>{items}</ul></div>')
_UNREAD = Markup("""<section class="todo" aria-labelledby="unread">
<h2 id="unread">Files that could not be read</h2>
<ul>{items}</ul>
</section>""")
_KINDS = {
    "not approved": "block",
    "emergency override": "undecided",
    "approved with conditions": "pass",
    "approved": "pass",
    "declaration withdrawn": "pass",
}
"""How each standing is coloured, in the order of the page: what needs somebody first."""
_STYLES = ("page.css", "disclosure.css")


def disclosure_html(disclosure: Disclosure) -> str:
    """Return the page."""
    limits = f", found in {', '.join(disclosure.paths)}" if disclosure.paths else ""
    number = len(disclosure.uses)
    ordered = sorted(disclosure.uses, key=lambda use: list(_KINDS).index(use.standing))
    page = fill(
        _PAGE,
        style=_style(),
        name=disclosure.production or "Production",
        made_at=f"{disclosure.made_at:%Y-%m-%d %H:%M}",
        limits=limits,
        counts=joined(_counts(disclosure)),
        unread=fill(_UNREAD, items=_lines(disclosure.unread)) if disclosure.unread else Markup(""),
        number=f"{number} file" if number == 1 else f"{number} files",
        uses=joined(_use(use, at) for at, use in enumerate(ordered, 1))
        or Markup("<p>No use of AI is known.</p>"),
        version=__version__,
    )
    return str(page)  # what is added to markup would be escaped


def _style() -> Markup:
    folder = resources.files("provenance.reports").joinpath("styles")
    return Markup("").join(
        Markup(folder.joinpath(name).read_text("utf-8"))  # noqa: S704  (our own files)
        for name in _STYLES
    )


def _counts(disclosure: Disclosure) -> Iterator[Markup]:
    standings = [use.standing for use in disclosure.uses]
    for words in _KINDS:
        yield fill(_COUNT, number=standings.count(words), words=words)


def _use(use: DisclosedUse, number: int) -> Markup:
    data = base64.b64encode(use.thumbnail).decode("ascii") if use.thumbnail else ""
    return fill(
        _USE,
        kind=_KINDS[use.standing],
        anchor=f"use-{number}",
        picture=fill(_PICTURE, data=data, name=use.name) if data else Markup(""),
        name=use.name,
        path=path_text(use.last_path) or "never seen as a file",
        standing=use.standing,
        facts=joined(fill(_FACT, name=name, value=_lines(value)) for name, value in _facts(use)),
        missing=fill(_MISSING, items=_items(use.missing)) if use.missing else Markup(""),
    )


def _facts(use: DisclosedUse) -> Iterator[tuple[str, tuple[str, ...]]]:
    ai_use = use.ai_use
    seen = [
        f"{word} {moment:%Y-%m-%d}"
        for word, moment in (("first", use.first_seen), ("last", use.last_seen))
        if moment
    ]
    yield "Made with", use.tools or ("not known",)
    yield "Made as", ((use.made_as,) if use.made_as else ("not known",))
    categories = _categories(ai_use.categories) if ai_use else ()
    yield "Used for", categories or ("not declared",)
    if ai_use:
        prominence = ai_use.prominence.value if ai_use.prominence else "not declared"
        yield "Seen or heard", (prominence,)
        yield "Declared by", (f"{ai_use.declared_by}, {ai_use.declared_at:%Y-%m-%d}",)
        if ai_use.human_contribution:
            yield "Human contribution", (ai_use.human_contribution,)
        if ai_use.consents:
            yield "Consents on record", ai_use.consents
    for checked in use.approvals:
        yield from _approval(checked)
    for override in use.overrides:
        yield "Emergency override", (override_words(override),)
    if use.withdrawn is not None:
        yield "Withdrawn because", (use.withdrawn,)
    yield "Seen", tuple(seen) or ("never as a file",)
    yield "Identity", (use.essence_digest,)


def _approval(checked: CheckedApproval) -> Iterator[tuple[str, tuple[str, ...]]]:
    approval = checked.approval
    yield "Decision", (allowed_words(checked), f"recorded {approval.approved_at:%Y-%m-%d}")
    if not checked.status.holds:
        yield "Why it does not hold", (checked.reason,)
    if approval.authority:
        yield "Authority", (approval.authority,)
    if approval.evidence:
        yield "Evidence", tuple(document.name for document in approval.evidence)
    if approval.categories:
        yield "Allows", _categories(approval.categories)
    if approval.conditions:
        yield "Conditions", tuple(condition.text for condition in approval.conditions)
    yield "Scope", (scope_words(approval.scope) or "not limited",)
    yield "Holds until", (until_words(approval.valid_until).removeprefix("until "),)


def _categories(categories: Iterable[str]) -> tuple[str, ...]:
    return tuple(one.replace("_", " ") for one in sorted(categories))


def _lines(texts: tuple[str, ...]) -> Markup:
    return fill(_LINES, items=_items(texts))


def _items(texts: tuple[str, ...]) -> Markup:
    return joined((fill(_LINE, text=text) for text in texts), "")
