from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookverse.demo.addresses import DEMO_TOKEN
from tests.demo.apptrust_calls import API, INVENTORY, SOURCES
from tests.demo.running import Demo, order, running_demo

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = "http://127.0.0.1:9/callbacks"
SERVERS = ("apptrust", "inventory", "recommendations", "checkout")
VALID = {
    "/deployments": order(NOBODY),
    "/settings": {"mode": "fail", "times": 3, "duration_ms": 1, "jitter_ms": 1, "failure_message": "x"},
    "/api/v1/orders": {"user_id": "reader", "items": [{"book_id": "b-001", "quantity": 1}]},
    "/api/v1/inventory/b-001/adjust": {"quantity": 1},
    f"{API}/applications": {"application_key": "a-key", "application_name": "A", "project_key": "a-project"},
    INVENTORY: {"version": "7.0.0", "tag": "x", "sources": SOURCES},
    f"{INVENTORY}/1.4.0": {"tag": "x", "properties": {"a": ["b"]}, "delete_properties": ["c"]},
    f"{INVENTORY}/1.4.0/promote": {"target_stage": "DEV", "promotion_type": "copy"},
    f"{INVENTORY}/1.4.0/rollback": {"from_stage": "PROD"},
}
CALLS = [
    ("inventory", "POST", "/deployments"),
    ("inventory", "PUT", "/settings"),
    ("inventory", "POST", "/api/v1/inventory/b-001/adjust"),
    ("checkout", "POST", "/api/v1/orders"),
    ("apptrust", "POST", f"{API}/applications"),
    ("apptrust", "POST", INVENTORY),
    ("apptrust", "PATCH", f"{INVENTORY}/1.4.0"),
    ("apptrust", "POST", f"{INVENTORY}/1.4.0/promote"),
    ("apptrust", "POST", f"{INVENTORY}/1.4.0/rollback"),
]
QUERIES = [
    ("inventory", "/version", "stage"),
    ("inventory", "/api/v1/books", "limit"),
    ("recommendations", "/api/v1/recommendations", "user_id"),
    ("apptrust", INVENTORY, "tag"),
    ("apptrust", INVENTORY, "release_status"),
    ("apptrust", f"{INVENTORY}/1.4.0/content", "include"),
    ("apptrust", f"{INVENTORY}/1.4.0/promotions", "limit"),
    ("apptrust", f"{API}/activity/log", "application_key"),
]

# Every code point, so lone surrogates and the null character too.
texts = st.text(st.characters(exclude_categories=()), max_size=300)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=5
)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("hostile"), *SERVERS) as running:
        yield running


@given(call=st.sampled_from(CALLS), data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_makes_a_server_fail(everything: Demo, call: tuple[str, str, str], data: st.DataObject) -> None:
    server, method, path = call
    valid = VALID[path]
    changed = {data.draw(st.sampled_from(sorted(valid)) | texts): data.draw(values)}
    body = json.dumps({**valid, **changed})
    headers = {"Authorization": f"Bearer {DEMO_TOKEN}", "Idempotency-Key": data.draw(st.uuids()).hex}
    with everything.client(server) as client:
        answer = client.request(method, path, content=body, headers=headers)
    assert answer.status_code < 500


@given(query=st.sampled_from(QUERIES), value=st.text(max_size=300))
def test_no_query_makes_a_server_fail(everything: Demo, query: tuple[str, str, str], value: str) -> None:
    server, path, name = query
    with everything.client(server) as client:
        answer = client.get(path, params={name: value}, headers={"Authorization": f"Bearer {DEMO_TOKEN}"})
    assert answer.status_code < 500


@given(segment=st.text(min_size=1, max_size=50))
def test_no_path_makes_a_server_fail(everything: Demo, segment: str) -> None:
    with everything.client("inventory") as client:
        quoted = "".join(f"%{byte:02X}" for byte in segment.encode())
        statuses = {client.get(f"{prefix}/{quoted}").status_code for prefix in ("/deployments", "/api/v1/books")}
    assert statuses == {404}
