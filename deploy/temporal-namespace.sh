#!/bin/sh
# The namespace and the search attributes (NAME=TYPE, separated by blanks) that are not there yet.
set -eu

tries=0
until temporal operator cluster health >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -ge 60 ]; then
        echo "Temporal at $TEMPORAL_ADDRESS did not get healthy within two minutes" >&2
        exit 1
    fi
    sleep 2
done

if ! temporal operator namespace describe --namespace "$NAMESPACE" >/dev/null 2>&1; then
    temporal operator namespace create --namespace "$NAMESPACE" --retention "$RETENTION"
fi

# A namespace is known to every part of the server only some seconds after it was created.
tries=0
until known=$(temporal operator search-attribute list --namespace "$NAMESPACE"); do
    tries=$((tries + 1))
    [ "$tries" -lt 30 ] || exit 1
    sleep 2
done

for attribute in $SEARCH_ATTRIBUTES; do
    name=${attribute%%=*} type=${attribute#*=}
    if ! printf '%s\n' "$known" | grep -qw "$name"; then
        temporal operator search-attribute create --namespace "$NAMESPACE" \
            --name "$name" --type "$type"
    fi
done
