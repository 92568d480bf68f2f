#!/bin/sh
# Make this release's build the current one of its worker deployment: until then its workers get no
# work, and from then on all new and waiting invoices are theirs.
set -eu

tries=0
until temporal worker deployment set-current-version --yes --ignore-missing-task-queues \
    --deployment-name "$DEPLOYMENT" --build-id "$BUILD_ID"; do
    tries=$((tries + 1))
    if [ "$tries" -ge 60 ]; then
        echo "no worker of build $BUILD_ID has reported within two minutes" >&2
        exit 1
    fi
    sleep 2
done
