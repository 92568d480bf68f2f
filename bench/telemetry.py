"""A worker's own count of its work: the metrics of Temporal's SDK, served and read."""

from __future__ import annotations

import re

import httpx
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from starter.stack.ports import HOST

_LINE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)


def show_metrics(port: int) -> None:
    """Serve this process's metrics on the port; before any client is made."""
    metrics = PrometheusConfig(bind_address=f"{HOST}:{port}")
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(metrics=metrics)))


def read_metric(port: int, name: str, label: str = "") -> float:
    """The sum of a metric over its series whose labels contain `label`; 0 while nobody serves."""
    try:
        text = httpx.get(f"http://{HOST}:{port}/metrics", timeout=5.0, trust_env=False).text
    except httpx.HTTPError:
        return 0.0
    return sum(float(m[3]) for m in _LINE.finditer(text) if m[1] == name and label in (m[2] or ""))


def tasks_completed(port: int) -> int:
    """Workflow tasks that the worker has completed and the server has taken."""
    operation = 'operation="RespondWorkflowTaskCompleted"'
    return int(read_metric(port, "temporal_request_latency_count", operation))


def polling(port: int) -> bool:
    """Whether the worker asks for workflow tasks."""
    return read_metric(port, "temporal_num_pollers", 'poller_type="workflow_task"') > 0
