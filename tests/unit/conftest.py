"""How hard the property tests try."""

from hypothesis import settings

# No deadline: a busy machine is no finding.
settings.register_profile("karhu", deadline=None)
settings.load_profile("karhu")
