"""One file in the HTML report: what it is, why it is judged so, and who allowed it."""

import base64
from collections.abc import Iterator
from pathlib import PurePosixPath

from markupsafe import Markup

from provenance.model.facts import AssetFacts, JudgedApproval
from provenance.model.finding import Finding, Verdict
from provenance.model.report import AssetResult
from provenance.reports.approvals import why_not
from provenance.reports.grouping import Told
from provenance.reports.markup import fill, joined

_CROSS = Markup('<path d="M7 7l10 10M17 7L7 17"/>')
_QUESTION = Markup(
    '<path d="M9 9.2c.2-1.7 1.4-2.7 3-2.7 1.7 0 3 1.1 3 2.6 0 2.1-3 2.3-3 4.6M12 17v.2"/>'
)
_CHECK = Markup('<path d="M6.5 12.5l3.7 3.7L17.5 8.5"/>')
_ICONS = {Verdict.BLOCK: _CROSS, Verdict.UNDECIDED: _QUESTION, Verdict.PASS: _CHECK}
_ICON = Markup(
    '<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">'
    '<circle cx="12" cy="12" r="10.5"/>{drawn}</svg>'
)
_ARTICLE = Markup("""<article class="asset {kind}">
<div class="head">
{picture}
<div class="name">
<h3><bdi>{name}</bdi></h3>
<p class="path"><bdi>{path}</bdi></p>
<p class="badge">{icon} {verdict}</p>
</div>
</div>
{why}
{evidence}
{approvals}
{identity}
</article>""")
_PICTURE = Markup('<img src="data:image/jpeg;base64,{data}" alt="Thumbnail of {name}">')
_NO_PICTURE = Markup('<div class="no-picture" aria-hidden="true">{format}</div>')
_WHY = Markup('<div class="why"><h4>Why</h4>\n<ul>\n{items}\n</ul></div>')
_REASON = Markup("<li>{message}{aside} <code>{rule}</code></li>")
_ASIDE = Markup(" <strong>Set aside by {what} {number}.</strong>")
_EVIDENCE = Markup("""<table>
<caption>Evidence<span class="unseen"> in {name}</span></caption>
<thead><tr><th scope="col">Signal</th><th scope="col">Place and value</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>""")
_SIGNAL = Markup(
    '<tr><th scope="row"><code>{rule}</code> <span class="level">{level}</span></th>'
    '<td><bdi class="place">{place}</bdi> <bdi>{value}</bdi></td></tr>'
)
_APPROVAL = Markup("""<table class="approval {kind}">
<caption>{icon} Approval {number}: {status}<span class="unseen">, for {name}</span></caption>
<tbody>
{rows}
</tbody>
</table>""")
_ROW = Markup('<tr><th scope="row">{name}</th><td><bdi>{value}</bdi></td></tr>')
_IDENTITY = Markup('<dl class="identity">\n{pairs}\n</dl>')
_PAIR = Markup("<div><dt>{name}</dt><dd>{value}</dd></div>")


def icon(verdict: Verdict) -> Markup:
    """Return the sign of a verdict; it only repeats what stands beside it in words."""
    return fill(_ICON, drawn=_ICONS[verdict])


def article(one: Told, word: str) -> Markup:
    """Return all there is to say of one file, or of frames that are told together."""
    result, facts = one.first, one.first.facts
    name = PurePosixPath(one.path).name or one.path
    return fill(
        _ARTICLE,
        kind="undecided" if result.is_overridden else result.verdict.value,
        picture=_picture(result, name),
        name=name,
        path=one.path,
        icon=icon(result.verdict),
        verdict=word,
        why=fill(_WHY, items=joined(_reason(each, facts) for each in result.findings)),
        evidence=_evidence(result, name),
        approvals=joined(_approval(judged, name) for judged in facts.approvals),
        identity=fill(
            _IDENTITY, pairs=joined(fill(_PAIR, name=a, value=b) for a, b in _identity(one))
        ),
    )


def _picture(result: AssetResult, name: str) -> Markup:
    if result.thumbnail is None:
        return fill(_NO_PICTURE, format=result.facts.format_name or "no preview")
    data = base64.b64encode(result.thumbnail).decode("ascii")
    return fill(_PICTURE, data=data, name=name)


def _reason(finding: Finding, facts: AssetFacts) -> Markup:
    number = short(finding.waived_by) if finding.waived_by else ""
    overrides = {one.checked.override.override_id for one in facts.overrides}
    what = "emergency override" if finding.waived_by in overrides else "approval"
    aside = fill(_ASIDE, what=what, number=number) if number else ""
    return fill(_REASON, message=finding.message, aside=aside, rule=finding.rule)


def _evidence(result: AssetResult, name: str) -> Markup:
    signals = dict.fromkeys(signal for one in result.findings for signal in one.evidence)
    if not signals:
        return Markup("")
    rows = joined(
        fill(_SIGNAL, rule=one.rule, level=one.level.value, place=one.place, value=one.value)
        for one in signals
    )
    return fill(_EVIDENCE, name=name, rows=rows)


def _approval(judged: JudgedApproval, name: str) -> Markup:
    verdict = Verdict.PASS if judged.sets_aside else Verdict.BLOCK
    rows = joined(fill(_ROW, name=term, value=value) for term, value in _terms(judged) if value)
    status = judged.checked.status.value
    return fill(
        _APPROVAL,
        kind=verdict.value,
        icon=icon(verdict),
        number=short(judged.checked.approval.approval_id),
        status=status if judged.sets_aside or not judged.checked.status.holds else "does not cover",
        name=name,
        rows=rows,
    )


def _terms(judged: JudgedApproval) -> Iterator[tuple[str, str]]:
    approval = judged.checked.approval
    yield "Approver", str(approval.approver)
    yield "For", ", ".join(sorted(approval.uses))
    yield "Title", approval.scope.title
    yield "Given", f"{approval.approved_at:%Y-%m-%d}"
    yield (
        "Holds",
        f"until {approval.valid_until:%Y-%m-%d}" if approval.valid_until else "until revoked",
    )
    for condition in approval.conditions:
        yield "Condition", condition.text
    yield "Documents", ", ".join(f"{one.name} ({one.digest})" for one in approval.evidence)
    yield "Signed by", judged.checked.signed_by
    yield "Why not", "" if judged.sets_aside else why_not(judged)
    yield "Id", approval.approval_id


def _identity(one: Told) -> Iterator[tuple[str, str]]:
    facts = one.first.facts
    yield "Format", facts.format_name or "unknown"
    if one.is_range:
        yield "Frames", str(len(one.results))
    if facts.asset_id and len({each.facts.asset_id for each in one.results}) == 1:
        yield "Asset", facts.asset_id
    if facts.carriers:
        yield "Tag stands in", ", ".join(facts.carriers)
    if one.is_range:
        return  # each has its own
    if facts.essence_digest:
        yield "Essence digest", facts.essence_digest
    if facts.file_digest:
        yield "File digest", facts.file_digest


def short(number: str) -> str:
    """Return the part of an id that people read out to each other."""
    return number.removeprefix("urn:uuid:")[:8]
