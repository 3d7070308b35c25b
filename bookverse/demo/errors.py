"""What can keep the simulated BookVerse from starting."""

from pathlib import Path


class DemoError(Exception):
    """The root of them; its text is meant for the person at the console."""


class PortTaken(DemoError):
    def __init__(self, server: str, host: str, port: int) -> None:
        super().__init__(
            f"Port {port} on {host} is taken, so {server} cannot start. Stop the program that uses it, "
            f"or choose other ports with DEMO_PORT or --port-base."
        )
        self.server = server
        self.port = port


class DataInUse(DemoError):
    def __init__(self, path: Path) -> None:
        super().__init__(f"Another process uses the demo data in {path.parent}. Stop it, or choose another --data.")
        self.path = path
