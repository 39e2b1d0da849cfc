"""The retriever as LangChain sees it, for other people's chains."""

from __future__ import annotations

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from retrieval.records import ScoredPassage
from retrieval.retriever import EVERYONE, STAFF, Retriever


class DangwuRetriever(BaseRetriever):
    """Finds passages of the current corpus version as LangChain documents, best first.

    ``page_content`` is the passage verbatim; ``metadata`` says where it stands (source, title, section,
    start, end, status), its ``passage_id``, its ``score`` from 0 to 1 and the ``index_version``. Only
    public documents are searched unless ``internal`` is set.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: Retriever
    k: int = 5
    internal: bool = False

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        audiences = STAFF if self.internal else EVERYONE
        evidence = self.retriever.search(query, k=self.k, audiences=audiences)
        return [_document(scored, evidence.index_version) for scored in evidence.passages]


def _document(scored: ScoredPassage, index_version: str) -> Document:
    passage = scored.passage
    return Document(
        id=passage.id,
        page_content=passage.text,
        metadata={
            "source": passage.document.source,
            "title": passage.document.title,
            "section": passage.section,
            "status": passage.document.status,
            "start": passage.start,
            "end": passage.end,
            "passage_id": passage.id,
            "score": scored.score,
            "index_version": index_version,
        },
    )
