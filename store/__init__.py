"""The database: tables, queries and migrations. Knows the domain, and nothing else of ours."""
