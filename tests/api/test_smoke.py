from __future__ import annotations
import json
import pytest
from tests.api.calling import *
from tests.api.platform import *

pytestmark = pytest.mark.django_db

def show(r):
    print(r.status_code, r.headers.get("content-type"), json.dumps(r.json(), )[:900])

def test_all(manager, viewer, nobody):
    v = create_candidate(manager)
    show(manager.get("/releases")); show(manager.get(f"/releases/{v}")); show(manager.get(f"/releases/{v}/manifest"))
    print(manager.get(f"/releases/{v}/manifest", Accept="application/yaml").content.decode())
    s = promote(manager); print(s)
    show(manager.get(f"/sessions/{s['correlation_id']}"))
    d = open_dispatches()[0]
    show(report(d, "progress", percent=30, sequence=2))
    show(report(d, "succeeded"))
    show(report(d, "failed"))
    show(manager.get(f"/sessions/{s['correlation_id']}"))
    finish_promotion()
    show(manager.get(f"/releases/{v}/journal"))
    show(nobody.get("/health")); show(viewer.get("/health"))
    show(nobody.get("/nope")); show(nobody.get("/services")); show(nobody.post("/callbacks", {"x": 1}))
    show(manager.post("/services/inventory/versions", {"version": "\ud800"}))
    show(manager.post("/services/inventory/versions", {"version": "1\0"}))
    show(manager.post("/services/inventory/versions", "{"))
    show(manager.post("/services/inventory/versions", {"version": "9.9.9", "openapi": {}}))
    show(manager.post("/services/inventory/versions", {"version": "9.9.9"}))
    show(manager.post("/services/inventory/versions", {"version": "9.9.9"}))
    show(manager.get("/services/inventory/versions", {"limit": -1}))
    show(manager.post("/catalog/sync"))
    show(manager.post(f"/releases/{v}/promotions", {"stage": "DEV"}))
    show(viewer.post(f"/releases/{v}/promotions", {"stage": "PROD"}))
    assert 0
