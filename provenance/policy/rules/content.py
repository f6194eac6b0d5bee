"""A file known by its content: its tag is gone, or was never its own."""

from collections.abc import Iterator

from provenance.model.facts import AssetFacts
from provenance.model.finding import Finding, Origin, Verdict
from provenance.policy.samples import (
    COPIED_TAG,
    PLAIN,
    REMEMBERED,
    REMEMBERED_AND_DECLARING,
    TAGGED,
    WITHDRAWN,
)


class KnownByContent:
    """Picture or sound that the registry knows as temporary, though the file does not say so."""

    rule_id = "known-by-content"
    title = "The picture or sound is known as AI media, though the file says nothing of it"
    explanation = (
        "The digest over picture or sound alone equals that of an asset that was tagged, or that"
        " declared itself AI when it was seen. Renaming a file or stripping its metadata changes"
        " neither."
    )
    remedy = (
        "Replace it with final material, or get written approval and record it:"
        " provenance approve FILE --approver WHO --evidence MAIL"
    )
    is_waivable = True
    examples = (REMEMBERED,)
    counterexamples = (PLAIN, TAGGED, WITHDRAWN, REMEMBERED_AND_DECLARING)

    def find(self, facts: AssetFacts) -> Iterator[Finding]:
        """See `PolicyRule.find`; silent where the file itself speaks, by our tag or of its own."""
        if facts.remembered is None or facts.remembered.is_withdrawn or facts.tag is not None:
            return
        if facts.ai_level is not None and facts.ai_level.is_conclusive:
            return
        why = ", ".join(facts.remembered.reasons) or "no reason recorded"
        yield Finding(
            rule=self.rule_id,
            path=facts.path,
            verdict=Verdict.BLOCK,
            origin=Origin.ASSET,
            message=f"Known by its content as temporary AI media ({why}); it says nothing of it.",
            remedy=self.remedy,
        )


class CopiedTag:
    """A tag that was written for other content."""

    rule_id = "copied-tag"
    title = "The tag in the file was written for other content"
    explanation = (
        "The tag names the digest of the picture or sound it was written for, and this file holds"
        " another: it was edited after tagging, or a tag was copied into it. An approval of the"
        " original does not cover it."
    )
    remedy = "Run provenance tag FILE to tag what it is now; then decide as for any temporary file."
    is_waivable = True
    examples = (COPIED_TAG,)
    counterexamples = (PLAIN, TAGGED)

    def find(self, facts: AssetFacts) -> Iterator[Finding]:
        """See `PolicyRule.find`."""
        if facts.tag is None or facts.essence_digest in (None, facts.tag.essence_digest):
            return
        yield Finding(
            rule=self.rule_id,
            path=facts.path,
            verdict=Verdict.BLOCK,
            origin=Origin.ASSET,
            message="Its tag was written for other picture or sound: edited since, or copied.",
            remedy=self.remedy,
        )
