"""The JSON schemas that a service's OpenAPI document names."""

from typing import TypeAlias

Schema: TypeAlias = dict[str, object]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}


def record(*optional: str, **properties: Schema) -> Schema:
    """Return an object schema in which every property is required but the named ones."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def many(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def one_of(*values: str) -> Schema:
    return {"type": "string", "enum": list(values)}


def named(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_NULLABLE_TEXT: Schema = {"type": ["string", "null"]}
_PERCENT: Schema = {"type": "integer", "minimum": 0, "maximum": 100}
_BEHAVIOUR: dict[str, Schema] = {
    "mode": one_of("succeed", "fail", "reject", "silent"),
    "duration_ms": WHOLE,
    "jitter_ms": WHOLE,
    "failure_message": TEXT,
    "times": {"type": ["integer", "null"]},
}

SCHEMAS: dict[str, Schema] = {
    "Fault": record("errors", detail=TEXT, errors=many(record(loc=many(TEXT), msg=TEXT))),
    "DispatchOrder": record(
        "from_version",
        "platform_version",
        correlation_id=TEXT,
        attempt=WHOLE,
        stage=TEXT,
        service=TEXT,
        from_version=_NULLABLE_TEXT,
        to_version=_NULLABLE_TEXT,
        platform_version=_NULLABLE_TEXT,
        callback_url=TEXT,
        callback_token=TEXT,
        deadline={"type": "string", "format": "date-time"},
    ),
    "Accepted": record(key=TEXT, state=one_of("accepted")),
    "DeploymentState": record(
        state=one_of("accepted", "in_progress", "succeeded", "failed"), percent=_PERCENT, message=TEXT
    ),
    "Health": record(status=one_of("healthy"), service=TEXT, version=TEXT),
    "LiveVersion": record(service=TEXT, stage=TEXT, version=TEXT),
    "Behaviour": record(**_BEHAVIOUR),
    "BehaviourChange": record(*_BEHAVIOUR, **_BEHAVIOUR),
    "Book": record(id=TEXT, title=TEXT, author=TEXT, price_cents=WHOLE, available=WHOLE),
    "BookPage": record(books=many(named("Book")), total=WHOLE, limit=WHOLE, offset=WHOLE),
    "Adjustment": record(quantity=WHOLE),
    "Stock": record(id=TEXT, available=WHOLE),
    "Recommendations": record(user_id=TEXT, recommendations=many(record(book_id=TEXT, title=TEXT, score=NUMBER))),
    "OrderItem": record(book_id=TEXT, quantity=WHOLE),
    "NewOrder": record(user_id=TEXT, items=many(named("OrderItem"))),
    "Order": record(
        orderId=TEXT, status=one_of("confirmed"), user_id=TEXT, items=many(named("OrderItem")), total_cents=WHOLE
    ),
    "OrderPage": record(orders=many(named("Order"))),
    "CancelledOrder": record(orderId=TEXT, status=one_of("cancelled")),
    "ChartReleases": record(releases=many(record(stage=TEXT, chart=TEXT, version=TEXT))),
}
