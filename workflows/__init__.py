"""Durable code. Reaches the domain, and activities by name alone."""
