"""Which client speaks for which case: by the agency's name in the case and in the contract."""

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Self

from integrations.agency.errors import AgencyUnavailable
from integrations.agency.port import AgencyClient


class Agencies(Mapping[str, AgencyClient]):
    """The agencies that this Karhu is set up for, by their names (`domain.agency.contract`)."""

    def __init__(self, clients: Mapping[str, AgencyClient]) -> None:
        self._clients = dict(clients)

    def __getitem__(self, name: str) -> AgencyClient:
        return self._clients[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._clients)

    def __len__(self) -> int:
        return len(self._clients)

    def of(self, name: str) -> AgencyClient:
        """The agency's client.

        Raises AgencyUnavailable for one that this Karhu is not set up for: somebody mends that, and
        what was to be said is then still good.
        """
        if name not in self._clients:
            raise AgencyUnavailable(
                f"the agency {name!r}",
                f"this Karhu has no address and key for it; it has them for {', '.join(self)}",
            )
        return self._clients[name]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give all connections back."""
        for client in self._clients.values():
            client.close()
