"""The way to Temporal, for every program of Karhu."""

from __future__ import annotations

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig


async def connect(*, lazy: bool = False) -> Client:
    """Temporal as the environment says (TEMPORAL_ADDRESS and its family).

    `lazy`: connect at the first call. Else raises `RuntimeError` if nobody answers.
    """
    config = ClientConfig.load_client_connect_config()
    return await Client.connect(**config, data_converter=pydantic_data_converter, lazy=lazy)
