"""Ports on the loopback address: the usual one if it is free, else another."""

import random
import socket
from collections.abc import Iterable
from contextlib import closing

HOST = "127.0.0.1"

# Where a newcomer finds the parts when nothing else is in the way.
USUAL = {
    "postgres": 8432,
    "temporal": 7233,
    "temporal-ui": 8233,
    "smtp": 8425,
    "intrum": 8490,
    "api": 8480,
}

# Below the range from which systems take the ports of outgoing connections, so that no connection
# can take a port between the choice and the service's start.
OTHERS = range(20_000, 30_000)


class NoFreePortError(OSError):
    """No port of the range was free."""


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        # As servers do: a connection in its last wait does not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
        return True


def choose(wanted: Iterable[int] = (), *, taken: Iterable[int] = ()) -> int:
    """The first free port of `wanted` in order, else a random free one; none of `taken`.

    The others are drawn at random, so that two stacks started at the same moment do not meet.
    Raises `NoFreePortError` when a hundred draws found none.
    """
    excluded = set(taken)
    drawn = random.sample(OTHERS, 100)
    for port in (*wanted, *drawn):
        if port not in excluded and is_free(port):
            return port
    raise NoFreePortError(f"no free port on {HOST} among {OTHERS.start}-{OTHERS.stop - 1}")
