"""A collection agency to try Karhu against: a separate HTTP service with its own database."""

from integrations.intrum_sandbox.app import create_app
from integrations.intrum_sandbox.faults import Faults
from integrations.intrum_sandbox.records import Contract
from integrations.intrum_sandbox.script import ScriptLine, read_script
from integrations.intrum_sandbox.server import run
from integrations.intrum_sandbox.settings import Pace, SandboxSettings, Settling

__all__ = [
    "Contract",
    "Faults",
    "Pace",
    "SandboxSettings",
    "ScriptLine",
    "Settling",
    "create_app",
    "read_script",
    "run",
]
