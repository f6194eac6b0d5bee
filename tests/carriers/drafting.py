"""What a tagger does with one carrier: open, draft, change, commit; and a tag to write."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from provenance.carriers.interface import Carrier, Draft
from provenance.carriers.order import carriers_in_order
from provenance.carriers.signing_chain import SigningChain
from provenance.examining import Examined, Examiner
from provenance.isolation.interface import TaskRunner
from provenance.media.staging import Staging
from provenance.model.tag import ProvenanceTag
from provenance.policy.samples import TAG as PLAIN_TAG

TAG = replace(
    PLAIN_TAG,
    reasons=("Grüße <&> \"quoted\" 'single' ☂", "two\nlines\tand a tab"),
    unknown=MappingProxyType({"mood": {"a": [1, None, "ü"]}, "x-later": "]]>"}),
)
LATER = replace(TAG, asset_id="urn:uuid:ffffffff-0000-4000-8000-000000000001", reasons=("later",))


class Desk:
    """Carriers over one runner, and the examiner that reads after them."""

    def __init__(self, runner: TaskRunner, chain: SigningChain) -> None:
        self.runner = runner
        self.chain = chain
        self.carriers = {one.name: one for one in carriers_in_order(runner, chain)}

    def examine(self, path: Path) -> AbstractContextManager[Examined]:
        """Open and read a file, its hash checked."""
        examiner = Examiner(
            self.runner, tuple(self.carriers.values()), root_pem=self.chain.root_pem
        )
        return examiner.examine(path, validate=True)

    def change(self, path: Path, step: Callable[[Draft], None]) -> None:
        """Put what the step makes of a copy in the file's place; on an error check the copy."""
        with self.examine(path) as examined:
            assert examined.fmt is not None
            staging = Staging(examined.source)
            try:
                staging.copy(examined.source)
                before = staging.path.read_bytes()
                draft = Draft(
                    original=examined.source,
                    fmt=examined.fmt,
                    reading=examined.reading,
                    staging=staging,
                )
                try:
                    step(draft)
                except BaseException:
                    assert staging.path.read_bytes() == before
                    raise
                staging.commit()
            finally:
                staging.discard()
        assert [entry.name for entry in path.parent.iterdir()] == [path.name]

    def write(self, carrier: Carrier, path: Path, tag: ProvenanceTag) -> None:
        """Write a tag by one carrier."""
        self.change(path, lambda draft: carrier.write(draft, tag))

    def remove(self, carrier: Carrier, path: Path) -> None:
        """Remove the tag by one carrier."""
        self.change(path, carrier.remove)

    def tag_in(self, carrier: Carrier, path: Path) -> ProvenanceTag | None:
        """Return the tag one carrier finds."""
        with self.examine(path) as examined:
            assert not examined.problems
            return carrier.find_tag(examined.reading)
