from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bookverse.demo.addresses import SERVICES
from bookverse.demo.platform import live_version, platform_description
from releases.actions.document_checks import check_document
from tests.demo.running import dispatch, order, running_demo

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

    from tests.demo.board import FakeBoard


def test_every_service_tells_its_health_and_live_version(tmp_path: Path) -> None:
    versions = {}
    with running_demo(tmp_path, *SERVICES) as demo:
        for service in SERVICES:
            with demo.client(service) as client:
                answers = [client.get(path).json() for path in ("/health", "/health/live", "/health/ready")]
            assert answers == [{"status": "healthy", "service": service, "version": answers[0]["version"]}] * 3
            versions[service] = answers[0]["version"]
    assert versions == {
        "inventory": "1.2.3",
        "recommendations": "2.1.0",
        "checkout": "1.5.2",
        "web": "3.0.1",
        "helm": "1.1.0",
    }


def test_a_stage_where_nothing_was_deployed_has_no_version(shared_inventory: httpx2.Client) -> None:
    assert shared_inventory.get("/version?stage=LIMBO").status_code == 404


def test_the_version_is_that_of_production_unless_a_stage_is_named(shared_inventory: httpx2.Client) -> None:
    assert shared_inventory.get("/version").json() == {"service": "inventory", "stage": "PROD", "version": "1.2.3"}


def test_the_page_shows_a_deployment_as_text_even_if_it_looks_like_html(
    inventory: httpx2.Client, board: FakeBoard
) -> None:
    dispatch(inventory, order(board.url, stage="<b>DEV</b>"), key="first")
    board.until_last()
    page = inventory.get("/").text
    cells = re.findall(r"<td>(.*?)</td>", page.partition("Recent deployments")[2])
    assert cells[1:5] == ["&lt;b&gt;DEV&lt;/b&gt;", "<code>1.2.3 → 1.4.0</code>", "1", "succeeded 100 % healthy"]


def test_the_page_keeps_the_stages_in_order_after_a_deployment(inventory: httpx2.Client, board: FakeBoard) -> None:
    dispatch(inventory, order(board.url), key="first")
    board.until_last()
    live = inventory.get("/").text.partition("Live versions</h2>")[2].partition("</table>")[0]
    assert re.findall(r"<td>(\w+)</td><td><code>([^<]+)", live) == [
        ("DEV", "1.4.0"),
        ("QA", "1.2.3"),
        ("STAGING", "1.2.3"),
        ("PROD", "1.2.3"),
    ]


def test_the_page_links_to_every_server_of_the_demo(tmp_path: Path) -> None:
    with running_demo(tmp_path, "web", "helm") as demo, demo.client("web") as client:
        page = client.get("/").text
    assert re.findall(r'<a href="([^"]+)"', page) == [
        f"http://127.0.0.1:{demo.ports['web']}/",
        f"http://127.0.0.1:{demo.ports['helm']}/",
    ]


def test_an_unknown_path_is_not_found(shared_inventory: httpx2.Client) -> None:
    assert shared_inventory.get("/nowhere").status_code == 404


def test_a_wrong_method_is_told_which_ones_there_are(shared_inventory: httpx2.Client) -> None:
    answer = shared_inventory.delete("/settings")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST, PUT")


def test_head_answers_as_get_does(shared_inventory: httpx2.Client) -> None:
    assert shared_inventory.head("/health").status_code == 200


@pytest.mark.parametrize("service", SERVICES)
def test_the_openapi_document_describes_paths_with_schemas_that_it_contains(tmp_path: Path, service: str) -> None:
    with running_demo(tmp_path, service) as demo, demo.client(service) as client:
        document = client.get("/openapi.json").json()
    named = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert (document["openapi"], document["info"]["title"]) == ("3.1.0", f"BookVerse {service}")
    assert set(document["components"]["schemas"]) == named


@pytest.mark.parametrize("service", SERVICES)
def test_the_openapi_document_is_one_that_the_board_keeps(tmp_path: Path, service: str) -> None:
    with running_demo(tmp_path, service) as demo, demo.client(service) as client:
        document = client.get("/openapi.json").json()
    assert check_document(document).content["info"] == {
        "title": f"BookVerse {service}",
        "version": live_version(service),
    }


def test_the_openapi_document_of_a_version_that_runs_nowhere_is_not_found(shared_inventory: httpx2.Client) -> None:
    assert shared_inventory.get("/openapi.json", params={"version": "1.2.3"}).json()["info"]["version"] == "1.2.3"
    answer = shared_inventory.get("/openapi.json", params={"version": "9.9.9"})
    assert (answer.status_code, answer.json()["detail"]) == (404, "9.9.9 of inventory runs nowhere.")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_answers_the_probes_that_the_chart_expects(tmp_path: Path, service: str) -> None:
    expected = [contract["path"] for contract in platform_description(url_of=str)["deployment_contracts"]]
    with running_demo(tmp_path, service) as demo, demo.client(service) as client:
        assert [client.get(path).status_code for path in expected] == [200, 200, 200]


def test_the_openapi_document_lists_what_the_service_serves(shared_inventory: httpx2.Client) -> None:
    paths = shared_inventory.get("/openapi.json").json()["paths"]
    assert {path: sorted(operations) for path, operations in paths.items()} == {
        "/deployments": ["post"],
        "/deployments/{key}": ["get"],
        "/health": ["get"],
        "/health/live": ["get"],
        "/health/ready": ["get"],
        "/version": ["get"],
        "/settings": ["get", "put"],
        "/api/v1/books": ["get"],
        "/api/v1/books/{id}": ["get"],
        "/api/v1/inventory/{id}/adjust": ["post"],
    }
