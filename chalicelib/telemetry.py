"""Logs and metrics, once per process. Neither ever carries credentials, presigned query strings or item data."""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

SERVICE = "store-catalog"
NAMESPACE = "StoreCatalog"

logger = Logger(service=SERVICE)
metrics = Metrics(namespace=NAMESPACE, service=SERVICE)


def count(metric: str, value: int = 1) -> None:
    """Add to a CloudWatch metric; it is written to the log, in EMF, when the handler ends."""
    metrics.add_metric(name=metric, unit=MetricUnit.Count, value=value)
