#!/bin/sh
# Temporal's two databases and their tables, new or brought up to date. Run again it changes nothing:
# an existing database is left, and setting up the version tables does not set a version back.
# The password comes from SQL_PASSWORD.
set -eu

schema() {
    database=$1 folder=$2
    set -- temporal-sql-tool --plugin postgres12 --ep postgres -p 5432 -u temporal --db "$database"
    "$@" create
    "$@" setup-schema -v 0.0
    "$@" update-schema -d "/etc/temporal/schema/postgresql/v12/$folder/versioned"
}

schema temporal temporal
schema temporal_visibility visibility
