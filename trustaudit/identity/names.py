"""Judging names on their own, from any spelling of a reference: the core of ``trustaudit names``."""

from __future__ import annotations

from msgspec import Struct

from trustaudit.errors import RefError
from trustaudit.identity.index import NameIndex, index_of
from trustaudit.identity.judge import NameJudgement, judge_name
from trustaudit.identity.suggest import suggest
from trustaudit.knowledge import Knowledge
from trustaudit.refs import RepoRef, RepoType


def index_for(knowledge: Knowledge, kind: RepoType, *, reference_top: int | None = None) -> NameIndex:
    """The index for one kind of repository.

    Names are imitated within a kind; publishers of popular models are imitated in all kinds.
    """
    models = None if kind is RepoType.MODEL else knowledge.popular(RepoType.MODEL)
    return index_of(knowledge.popular(kind), models, reference_top=reference_top)


class NameJudge(Struct, frozen=True):
    """Judges one reference after another. ``reference_top`` and ``as_unknown`` are for evaluation."""

    knowledge: Knowledge
    reference_top: int | None = None
    as_unknown: bool = False

    def judge(self, text: str) -> NameJudgement:
        """The judgement of any accepted spelling (id, address, hf://, pkg:); other text is an invalid id."""
        try:
            ref = RepoRef.parse(text)
        except RefError:
            return judge_name(text.strip(), RepoType.MODEL, self._index(RepoType.MODEL))
        return judge_name(ref.id, ref.type, self._index(ref.type), as_unknown=self.as_unknown)

    def suggest(self, ref: RepoRef) -> tuple[str, ...]:
        """Popular ids that a reference may have meant."""
        return suggest(ref.id, self._index(ref.type))

    def _index(self, kind: RepoType) -> NameIndex:
        return index_for(self.knowledge, kind, reference_top=self.reference_top)
