"""Questions to a service: are you well? Each answers true or false within about two seconds."""

import asyncio
import re
import smtplib
import ssl
from collections.abc import Sequence
from datetime import timedelta

import httpx
import psycopg
from temporalio.api.deployment.v1 import WorkerDeploymentVersion
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeWorkerDeploymentVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError

from starter.deployment import set_current

TIMEOUT = timedelta(seconds=2)

# Asked over plain HTTP and many times: reading the system's certificates would take longer than the
# question.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def postgres_answers(conninfo: str) -> bool:
    """Whether the PostgreSQL server takes connections (it does not while it recovers)."""
    try:
        with psycopg.connect(conninfo, connect_timeout=int(TIMEOUT.total_seconds())):
            return True
    except psycopg.OperationalError:
        return False


def http_answers(url: str) -> bool:
    """Whether a GET of `url` (http) is answered with success."""
    try:
        answer = httpx.get(
            url, timeout=TIMEOUT.total_seconds(), trust_env=False, verify=_NO_CERTIFICATES
        )
    except httpx.HTTPError:
        return False
    return answer.is_success


def smtp_answers(host: str, port: int) -> bool:
    """Whether an SMTP server greets."""
    try:
        with smtplib.SMTP(host, port, timeout=TIMEOUT.total_seconds()):
            return True
    except (OSError, smtplib.SMTPException):
        return False


def temporal_answers(address: str, namespace: str) -> bool:
    """Whether Temporal serves the namespace."""

    async def ask() -> bool:
        client = await asyncio.wait_for(
            Client.connect(address, namespace=namespace), TIMEOUT.total_seconds()
        )
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=namespace), timeout=TIMEOUT
        )
        return True

    try:
        return asyncio.run(ask())
    except (RPCError, RuntimeError, TimeoutError):
        return False


def register_search_attributes(
    address: str, namespace: str, search_attributes: Sequence[tuple[str, str]]
) -> None:
    """Make the namespace know the search attributes: pairs of name and type, such as `Keyword`.

    For a server whose database is older than an attribute: it knows those of its first start alone.
    Raises `RPCError` if Temporal refuses, as it does when a name is known with another type.
    """

    async def ask() -> None:
        client = await Client.connect(address, namespace=namespace)
        known = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=namespace), timeout=TIMEOUT
        )
        missing = {
            name: IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{_upper_snake(kind)}")
            for name, kind in search_attributes
            if name not in known.custom_attributes
        }
        if missing:
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(namespace=namespace, search_attributes=missing),
                timeout=timedelta(seconds=20),
            )

    asyncio.run(ask())


def _upper_snake(kind: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind).upper()


def worker_registered(address: str, namespace: str, deployment: str, build_id: str) -> bool:
    """Whether a worker of this build has reported to Temporal (it may not be current yet)."""

    async def ask() -> bool:
        client = await asyncio.wait_for(
            Client.connect(address, namespace=namespace), TIMEOUT.total_seconds()
        )
        version = WorkerDeploymentVersion(deployment_name=deployment, build_id=build_id)
        described = await client.workflow_service.describe_worker_deployment_version(
            DescribeWorkerDeploymentVersionRequest(namespace=namespace, deployment_version=version),
            timeout=TIMEOUT,
        )
        return len(described.version_task_queues) > 0

    try:
        return asyncio.run(ask())
    except (RPCError, RuntimeError, TimeoutError):
        return False


def make_current(address: str, namespace: str, deployment: str, build_id: str) -> None:
    """Make a build the current version of its worker deployment: new workflow tasks go to it.

    Harmless when it is current already. Raises `RPCError` if Temporal refuses.
    """

    async def ask() -> None:
        client = await Client.connect(address, namespace=namespace)
        await set_current(client, build_id, TIMEOUT.total_seconds(), deployment)

    asyncio.run(ask())
