"""What checkout does to the stock: it asks inventory over HTTP, as any service asks another."""

from collections.abc import Sequence
from typing import TypedDict

import httpx2

from bookverse.demo.exchange import Refusal

_CONFLICT = 409


class OrderLine(TypedDict):
    book_id: str
    quantity: int


class Stock:
    """``url`` is inventory's address without a closing slash."""

    def __init__(self, client: httpx2.AsyncClient, url: str) -> None:
        self._client = client
        self._url = url

    async def take(self, lines: Sequence[OrderLine]) -> None:
        """Take the copies of every line or, with a refusal, of none."""
        for number, line in enumerate(lines):
            try:
                await self._adjust(line, -line["quantity"])
            except Refusal:
                await self.give_back(lines[:number])
                raise

    async def give_back(self, lines: Sequence[OrderLine]) -> None:
        for line in lines:
            await self._adjust(line, line["quantity"])

    async def _adjust(self, line: OrderLine, quantity: int) -> None:
        url = f"{self._url}/api/v1/inventory/{line['book_id']}/adjust"
        try:
            answer = await self._client.post(url, json={"quantity": quantity})
        except httpx2.HTTPError as why:
            raise Refusal(503, "inventory does not answer.") from why
        if answer.status_code == _CONFLICT:
            raise Refusal(_CONFLICT, str(answer.json()["detail"]))
        if not answer.is_success:
            raise Refusal(503, f"inventory answered {answer.status_code}.")
