"""A collection agency to try Karhu against: a separate HTTP service with its own database."""

from integrations.intrum_sandbox.app import create_app, run
from integrations.intrum_sandbox.settings import Faults, Pace, SandboxSettings

__all__ = ["Faults", "Pace", "SandboxSettings", "create_app", "run"]
