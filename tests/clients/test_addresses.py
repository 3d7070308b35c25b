"""Which addresses the board connects to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx2
import pytest

from releases.clients import addresses
from releases.clients.addresses import guarded_client, is_allowed
from tests.fakes.service import FakeService, fake_service

if TYPE_CHECKING:
    from collections.abc import Iterator

PRIVATE = (
    "127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "::1",
    "::",
    "fe80::1%eth0",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
)


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_inside_somebodys_network_is_refused(address: str) -> None:
    assert is_allowed(address, []) is False


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_a_public_address_is_allowed(address: str) -> None:
    assert is_allowed(address, []) is True


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.1.2.3", "10.0.0.0/8"),
        ("127.0.0.1", "127.0.0.0/8"),
        ("::ffff:10.1.2.3", "10.0.0.0/8"),
        ("fd00::7", "fd00::/8"),
        ("::1", "::1/128"),
    ],
)
def test_a_network_that_is_named_is_allowed(address: str, network: str) -> None:
    assert is_allowed(address, ["192.168.0.0/16", network]) is True


@pytest.mark.parametrize(
    ("address", "network"), [("11.1.2.3", "10.0.0.0/8"), ("::1", "0.0.0.0/0"), ("10.0.0.1", "::/0")]
)
def test_another_network_is_not(address: str, network: str) -> None:
    assert is_allowed(address, [network]) is is_allowed(address, [])


def post(url: str, *allowed: str) -> int:
    async def send() -> int:
        async with guarded_client(allowed=allowed, connect_s=2, read_s=2, connections=2) as client:
            return (await client.post(url, json={})).status_code

    return asyncio.run(send())


@pytest.fixture
def service() -> Iterator[FakeService]:
    with fake_service() as fake:
        yield fake


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_nothing_is_sent_to_an_address_that_is_refused(service: FakeService, host: str) -> None:
    port = service.url.rpartition(":")[2]

    with pytest.raises(httpx2.ConnectError, match="outside the networks"):
        post(f"http://{host}:{port}/x", "10.0.0.0/8")

    assert service.taken() == []


def test_a_name_is_refused_when_any_of_its_addresses_is(service: FakeService, monkeypatch: pytest.MonkeyPatch) -> None:
    async def both(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1", "10.0.0.1"]

    monkeypatch.setattr(addresses, "_resolve", both)

    with pytest.raises(httpx2.ConnectError, match="outside the networks"):
        post(f"{service.url}/x", "127.0.0.0/8")

    assert service.taken() == []


def test_the_address_that_was_checked_is_the_one_connected_to(
    service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def once(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    monkeypatch.setattr(addresses, "_resolve", once)
    port = service.url.rpartition(":")[2]

    assert post(f"http://service.example:{port}/x", "127.0.0.0/8") == 202
    assert asked == ["service.example"]


def test_proxies_of_the_environment_are_not_used(service: FakeService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    assert post(f"{service.url}/x", "127.0.0.0/8") == 202
