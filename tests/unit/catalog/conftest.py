"""Property tests of the catalog: no deadline for one example, since a shared machine may be slow at any moment."""

from hypothesis import HealthCheck, settings

settings.register_profile("catalog", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("catalog")
