#!/bin/sh
# Run by the image when it makes a new cluster: Temporal gets a role of its own, which may create its
# two databases and cannot read Karhu's.
set -eu
psql --no-psqlrc --set=ON_ERROR_STOP=1 --set=password="$TEMPORAL_DB_PASSWORD" \
    --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'password';
REVOKE CONNECT ON DATABASE karhu FROM PUBLIC;
SQL
