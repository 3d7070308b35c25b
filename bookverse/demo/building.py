"""Building one server's application on its own database."""

import sqlite3
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import httpx2

from bookverse.demo.addresses import APPTRUST, CI, address_of
from bookverse.demo.apptrust.application import AppTrustFace
from bookverse.demo.apptrust.records import SCHEMA as REGISTRY_SCHEMA
from bookverse.demo.apptrust.registry import Registry
from bookverse.demo.apptrust.seeds import seed
from bookverse.demo.ci.application import CiFace
from bookverse.demo.ci.builds import BuildStore
from bookverse.demo.ci.webhooks import SECRET_FILE, WebhookReceiver
from bookverse.demo.platform import live_version, stage_names
from bookverse.demo.routing import Application
from bookverse.demo.service.application import ServiceFace
from bookverse.demo.service.deployments import DeploymentStore
from bookverse.demo.service.schema import SCHEMA as SERVICE_SCHEMA
from bookverse.demo.service.stock import Stock
from bookverse.demo.service.workshop import Pace, Workshop
from bookverse.demo.storage import open_database, prepare_database


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What all servers of one process share; ``ports`` is for the links between their pages."""

    data: Path
    client: httpx2.AsyncClient
    ports: Mapping[str, int]
    token: str
    pace: Pace

    def stock(self) -> Stock | None:
        """Return the way to inventory, None where nothing is known of one."""
        port = self.ports.get("inventory")
        return Stock(self.client, address_of("inventory", port=port)) if port else None

    def path_of(self, server: str) -> Path:
        return self.data / f"{server}.sqlite3"


@asynccontextmanager
async def running_application(server: str, site: Site) -> AsyncIterator[Application]:
    """Yield the server's application; its unfinished work goes on as long as the block lasts."""
    special = {APPTRUST: _running_apptrust, CI: _running_ci}
    build = special[server](site) if server in special else _running_service(server, site)
    async with build as application:
        yield application


@asynccontextmanager
async def _running_apptrust(site: Site) -> AsyncIterator[Application]:
    prepare_database(site.path_of(APPTRUST), REGISTRY_SCHEMA, _fill_registry)
    with closing(open_database(site.path_of(APPTRUST), REGISTRY_SCHEMA)) as connection:
        registry = Registry(connection, clock=time.time)
        yield AppTrustFace(registry, token=site.token, ports=site.ports).application()


def _fill_registry(connection: sqlite3.Connection) -> None:
    seed(Registry(connection, clock=time.time))


@asynccontextmanager
async def _running_service(server: str, site: Site) -> AsyncIterator[Application]:
    with closing(open_database(site.path_of(server), SERVICE_SCHEMA)) as connection:
        store = DeploymentStore(connection, service=server, clock=time.time)
        store.seed_live(dict.fromkeys(stage_names(), live_version(server)))
        workshop = Workshop(store, site.client, clock=time.time, pace=site.pace)
        workshop.resume()
        try:
            yield ServiceFace(store, workshop, ports=site.ports, stock=site.stock()).application()
        finally:
            await workshop.close()


@asynccontextmanager
async def _running_ci(site: Site) -> AsyncIterator[Application]:
    with closing(open_database(site.path_of(CI), SERVICE_SCHEMA)) as connection:
        store = BuildStore(connection, service=CI, clock=time.time)
        webhooks = WebhookReceiver(connection, secret_file=site.data / SECRET_FILE, clock=time.time)
        workshop = Workshop(store, site.client, clock=time.time, pace=site.pace)
        workshop.resume()
        try:
            yield CiFace(store, workshop, ports=site.ports, webhooks=webhooks).application()
        finally:
            await workshop.close()
