"""Programs for the stack to run in tests."""

# A worker of the deployment `karhu`, of the build that is its argument.
VERSIONED_WORKER = """
import asyncio, sys
from temporalio import workflow
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.envconfig import ClientConfig
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig

@workflow.defn(versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class Hello:
    @workflow.run
    async def run(self) -> str:
        return "hei"

async def main():
    client = await Client.connect(**ClientConfig.load_client_connect_config())
    version = WorkerDeploymentVersion(deployment_name="karhu", build_id=sys.argv[1])
    config = WorkerDeploymentConfig(version=version, use_worker_versioning=True)
    await Worker(client, task_queue="hello", workflows=[Hello], deployment_config=config,
                 workflow_runner=UnsandboxedWorkflowRunner()).run()

asyncio.run(main())
"""
