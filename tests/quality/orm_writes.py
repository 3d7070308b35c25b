"""Finds calls that write through Django's ORM, and leaves dict.update, set.update and hashlib's update alone."""

from __future__ import annotations

import ast

# No other object of this project has a method of these names.
WRITES_ALWAYS = frozenset({"save", "bulk_create", "bulk_update", "get_or_create", "update_or_create"})
# Others have these too, so what they are called on decides.
WRITES_OF_QUERYSETS = frozenset({"create", "update", "delete"})
MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
QUERYSET_METHODS = frozenset(
    {"select_for_update", "select_related", "prefetch_related", "annotate", "exclude", "filter"}
)


def orm_writes(tree: ast.AST) -> list[int]:
    """Line numbers of the writes, in order."""
    querysets = _names_of_querysets(tree)
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return sorted(call.lineno for call in calls if _is_write(call, querysets))


def _is_write(call: ast.Call, querysets: frozenset[str]) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    method = call.func.attr
    if method[:1] == "a" and method[1:] in WRITES_ALWAYS | WRITES_OF_QUERYSETS:
        method = method[1:]
    if method in WRITES_ALWAYS:
        return True
    if method not in WRITES_OF_QUERYSETS:
        return False
    deletes_a_row = method == "delete" and not call.args and not call.keywords
    return deletes_a_row or _is_queryset(call.func.value, querysets)


def _is_queryset(receiver: ast.expr, querysets: frozenset[str]) -> bool:
    match receiver:
        case ast.Name(id=name):
            return name in querysets
        case ast.Attribute(attr=name, value=inner):
            return name in MANAGERS or name.endswith("_set") or _is_queryset(inner, querysets)
        case ast.Call(func=ast.Attribute(attr=method, value=inner)):
            return method in QUERYSET_METHODS or _is_queryset(inner, querysets)
        case _:
            return False


def _names_of_querysets(tree: ast.AST) -> frozenset[str]:
    """Names that hold a queryset: annotated as one, or assigned from an expression that is one."""
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_queryset(value, frozenset(names)):
                names.add(name)
            case ast.arg(arg=name, annotation=ast.expr() as annotation) if "QuerySet" in ast.unparse(annotation):
                names.add(name)
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation) if "QuerySet" in ast.unparse(
                annotation
            ):
                names.add(name)
    return frozenset(names)
