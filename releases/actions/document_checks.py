"""Judging an OpenAPI document before it is kept: valid, closed in itself, and no larger than anybody needs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for
from jsonschema_path import SchemaPath
from openapi_schema_validator import OAS31_BASE_DIALECT_ID, OAS31Validator, oas31_format_checker
from openapi_schema_validator._specifications import REGISTRY
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator
from openapi_spec_validator.schemas import schema_v30, schema_v31
from openapi_spec_validator.validation import keywords
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from releases.domain.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jsonschema.exceptions import ValidationError
    from openapi_spec_validator.validation.registries import KeywordValidatorRegistry
    from openapi_spec_validator.validation.validators import SpecValidator

    from releases.domain.contracts import Document

FIELD = "openapi"
MAX_BYTES = 1024 * 1024
MAX_VALUES = 30_000
MAX_DEPTH = 60
_REFERENCES = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})
# What breaks a document usually breaks it in many places; the most telling of so many is shown.
_ERRORS = 50
# The library makes these anew, or looks through all of their parts again, for every schema of a document.
_OF_DOCUMENTS = schema_v31
_KNOWN = REGISTRY.with_resource(_OF_DOCUMENTS["$id"], DRAFT202012.create_resource(_OF_DOCUMENTS)).crawl()
_DOCUMENT_JUDGE = Draft202012Validator(_OF_DOCUMENTS, _resolver=_KNOWN.resolver(_OF_DOCUMENTS["$id"]))
_SCHEMA_JUDGE = OAS31Validator(OAS31Validator.META_SCHEMA, format_checker=oas31_format_checker, registry=REGISTRY)


class DocumentRefused(InvalidInput):
    """The document is not kept; the message names the place."""

    code = "document-refused"

    def __init__(self, message: str) -> None:
        super().__init__(FIELD, message)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedDocument:
    """``sha256`` is that of the canonical JSON, so that spaces and the order of keys make no difference."""

    content: Document
    sha256: str


def check_document(document: Document) -> CheckedDocument:
    """Return the document with its SHA-256; raise ``DocumentRefused`` when it is not a closed, valid OpenAPI 3."""
    for place, value in _values(document):
        _refuse_outside(place, value)
    validator = _validator_for(document)
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    if len(canonical) > MAX_BYTES:
        raise DocumentRefused(f"The document has {len(canonical):,} bytes; {MAX_BYTES:,} are kept at most.")
    if mistake := _first_mistake(validator, document):
        raise DocumentRefused(mistake)
    return CheckedDocument(content=document, sha256=hashlib.sha256(canonical).hexdigest())


def _values(document: Document) -> Iterator[tuple[str, object]]:
    """Every value with its place; bounded, so that nothing after this is asked to read what nobody could."""
    waiting: list[tuple[str, object, int]] = [("", document, 0)]
    count = 0
    while waiting:
        place, value, depth = waiting.pop()
        count += 1
        if count > MAX_VALUES:
            raise DocumentRefused(f"The document holds more than {MAX_VALUES:,} values.")
        if depth > MAX_DEPTH:
            raise DocumentRefused(f"The document is nested more than {MAX_DEPTH} levels deep.")
        yield place, value
        waiting.extend((f"{place}.{key}".lstrip("."), part, depth + 1) for key, part in _parts(value))


def _parts(value: object) -> Iterable[tuple[object, object]]:
    match value:
        case Mapping():
            return value.items()
        case list():
            return enumerate(value)
        case _:
            return ()


def _refuse_outside(place: str, value: object) -> None:
    """Refuse what points outside of the document, and text that no database stores."""
    if _is_unstorable(place):
        raise DocumentRefused("A name holds NUL or half a surrogate pair, which cannot be stored.")
    if not isinstance(value, str):
        return
    if place.rpartition(".")[2] in _REFERENCES and not value.startswith("#"):
        raise DocumentRefused(f"{place} points outside of the document ({value[:100]}); put that part into it.")
    if _is_unstorable(value):
        raise DocumentRefused(f"{place} holds NUL or half a surrogate pair, which cannot be stored.")


def _is_unstorable(text: str) -> bool:
    return "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)


class _Seen(set[int]):
    """A set where the library keeps a list, which makes large documents quadratic."""

    append = set.add


class _Bounded(keywords.SchemaValidator):
    """Judges schemas without expanding their compositions: a short document could make that take for ever."""

    def __init__(self, registry: KeywordValidatorRegistry) -> None:
        super().__init__(registry)
        self.visited_schema_ids = _Seen()  # type: ignore[assignment]
        self.meta_checked_schema_ids = _Seen()  # type: ignore[assignment]

    def _collect_properties(self, schema: SchemaPath) -> set[str]:  # noqa: ARG002 (the signature is the library's)
        return set()

    def __call__(
        self,
        schema: SchemaPath,
        require_properties: bool = True,  # noqa: ARG002, FBT001, FBT002 (the signature is the library's)
        meta_checked: bool = False,  # noqa: FBT001, FBT002
    ) -> Iterator[ValidationError]:
        return super().__call__(schema, require_properties=False, meta_checked=meta_checked)


class _Bounded30(_Bounded, keywords.OpenAPIV30SchemaValidator):
    def _validate_schema_meta(self, schema: SchemaPath, schema_value: object) -> None:
        """Find nothing: the schema of OpenAPI 3.0 has judged every schema already."""


class _Bounded31(_Bounded, keywords.OpenAPIV31SchemaValidator):
    def _validate_schema_meta(self, schema: SchemaPath, schema_value: object) -> OpenAPIValidationError | None:
        if self._get_schema_dialect_id(schema, schema_value) != OAS31_BASE_DIALECT_ID:
            return OpenAPIValidationError("A schema of a dialect other than OpenAPI's own cannot be judged")
        mistake = best_match(_SCHEMA_JUDGE.iter_errors(schema_value))
        return OpenAPIValidationError.create_from(mistake) if mistake else None


class _Unjudged(keywords.ValueValidator):
    """Defaults are no matter of contracts, and a pattern could make judging one take for ever."""

    def __call__(self, schema: SchemaPath, value: object) -> Iterator[ValidationError]:  # noqa: ARG002
        return iter(())


class _V30(OpenAPIV30SpecValidator):
    # Named, as for 3.1: the library takes whatever validator is installed, whose mistakes are not told alike.
    schema_validator = validator_for(schema_v30)(schema_v30)
    keyword_validators = {  # noqa: RUF012 (the library's declaration)
        **OpenAPIV30SpecValidator.keyword_validators,
        "schema": _Bounded30,
        "default": _Unjudged,
    }


class _V31(OpenAPIV31SpecValidator):
    schema_validator = _DOCUMENT_JUDGE
    keyword_validators = {  # noqa: RUF012 (the library's declaration)
        **OpenAPIV31SpecValidator.keyword_validators,
        "schema": _Bounded31,
        "default": _Unjudged,
    }


class _Closed(Mapping[str, object]):
    """A handler for every scheme there is, each of which refuses: without one the library would go and fetch."""

    def __getitem__(self, scheme: str) -> object:
        return _refuse_to_fetch

    def __contains__(self, scheme: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _refuse_to_fetch(uri: str) -> object:
    raise DocumentRefused(f"The document refers to {uri[:100]}, which is outside of it; put that part into it.")


def _validator_for(document: Document) -> SpecValidator:
    spoken = document.get("openapi")
    kinds = {"3.0": _V30, "3.1": _V31}
    kind = kinds.get(".".join(spoken.split(".")[:2])) if isinstance(spoken, str) else None
    if kind is None:
        raise DocumentRefused("This is no OpenAPI 3.0 or 3.1 document: its field openapi says no such version.")
    return kind(SchemaPath.from_dict(document, handlers=_Closed()))


def _first_mistake(validator: SpecValidator, document: Document) -> str:
    """Say what is wrong, and where; '' for a valid document.

    The library's own ``iter_errors`` would keep every document in a cache without end.
    """
    try:
        mistakes = [*islice(validator.schema_validator.iter_errors(document), _ERRORS)]
        mistakes = mistakes or [*islice(validator.root_validator(validator.schema_path), _ERRORS)]
    except Unresolvable as failure:
        return f"The document refers to {failure.ref[:100]}, which it does not hold."
    except RecursionError:
        return "The document's schemas contain themselves in a way that cannot be followed."
    mistake = best_match(mistakes)
    if mistake is None:
        return ""
    place = ".".join(map(str, mistake.absolute_path)) or "The document"
    return f"{place}: {mistake.message[:300]}"
