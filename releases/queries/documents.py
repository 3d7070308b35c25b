"""Documents of interfaces: the contents that contracts are checked against, and which versions have one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from releases.domain.errors import NotFound
from releases.models import ApiDocument, DocumentFetch, Service

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from django.db.models import QuerySet

    from releases.domain.promises import Document, Documents

# More names than this would make a longer query than reading what all the providers have.
NAMED_AT_MOST = 500


class ContentCache:
    """Contents by their SHA-256: a document never changes, so this process reads and parses each only once."""

    def __init__(self) -> None:
        self._kept: Mapping[str, Document] = {}

    def contents(self, documents: QuerySet[ApiDocument], wanted: frozenset[str]) -> Mapping[str, Document]:
        """Return the wanted contents, reading the new ones in one query; what nobody wants any more is dropped."""
        known = self._kept
        missing = wanted - known.keys()
        if missing and len(missing) <= NAMED_AT_MOST:
            documents = documents.filter(sha256__in=missing)
        read = dict(documents.values_list("sha256", "content")) if missing else {}
        self._kept = {sha256: known[sha256] for sha256 in wanted - missing} | read
        return self._kept


CACHE = ContentCache()


def documents_of(providers: Iterable[str]) -> Documents:
    """Return the documents of these services by version, in one query and a second for contents that are new here."""
    documents = ApiDocument.objects.filter(service_version__service__slug__in=set(providers))
    index = list(documents.values_list("service_version__service__slug", "service_version__version", "sha256"))
    contents = CACHE.contents(documents, frozenset(sha256 for _, _, sha256 in index))
    found: defaultdict[str, dict[str, Document]] = defaultdict(dict)
    for service, version, sha256 in index:
        if sha256 in contents:  # else it was deleted between the two queries
            found[service][version] = contents[sha256]
    return dict(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentView:
    """The document of one version; ``uploaded_by`` is the board's own name where the service was asked for it."""

    version: str
    sha256: str
    uploaded_by: str
    uploaded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchView:
    """A version that runs without a document, and why the last attempt to fetch it came to nothing."""

    version: str
    error: str
    attempts: int
    due_at: datetime


def document_content(service: str, version: str) -> Document:
    """Return the document of a version; raise ``NotFound`` when it has none."""
    documents = ApiDocument.objects.filter(service_version__service__slug=service, service_version__version=version)
    found = documents.first()
    if found is None:
        raise NotFound(f"There is no document of {service} {version}.")
    content: Document = found.content
    return content


def document_views(service: Service) -> tuple[DocumentView, ...]:
    """Return which versions have a document, newest version first; the contents are not read."""
    documents = ApiDocument.objects.filter(service_version__service=service).select_related("service_version")
    return tuple(
        DocumentView(
            version=document.service_version.version,
            sha256=document.sha256,
            uploaded_by=document.uploaded_by,
            uploaded_at=document.uploaded_at,
        )
        for document in documents.defer("content").order_by("-service_version__sort_key", "-pk")
    )


def fetch_views(service: Service) -> tuple[FetchView, ...]:
    """Return what could not be fetched so far."""
    fetches = DocumentFetch.objects.filter(service_version__service=service, attempts__gt=0)
    return tuple(
        FetchView(
            version=fetch.service_version.version, error=fetch.error, attempts=fetch.attempts, due_at=fetch.due_at
        )
        for fetch in fetches.select_related("service_version").order_by("-service_version__sort_key", "-pk")
    )
