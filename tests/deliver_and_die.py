"""A worker's process that delivers events until it is killed."""

import sys
from datetime import UTC, datetime

from temporalio.testing import ActivityEnvironment

from activities.webhooks import DeliverEvents
from integrations.webhooks import Sender
from store.database import Database
from store.sealing import Sealer

if __name__ == "__main__":
    url, key, endpoint_id = sys.argv[1:]
    deliver = DeliverEvents(
        Database(url), Sealer(key), Sender(private=True), lambda: datetime.now(UTC)
    )
    ActivityEnvironment().run(deliver, int(endpoint_id))
