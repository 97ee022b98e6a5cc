"""The Chalice app: what calls each function, and nothing else. The work is in `chalicelib/use_cases/`."""

import os
from typing import Any

from chalice import Chalice, Rate

from chalicelib import cold_start, wiring
from chalicelib.api.uploads import uploads_api

app = Chalice(app_name="store-catalog")
app.register_blueprint(uploads_api)


@app.lambda_function()
def start_upload(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return wiring.start_upload(event)


@app.on_s3_event(
    bucket=os.environ.get("INBOX_BUCKET", "inbox"),
    prefix="inbox/",
    events=["s3:ObjectCreated:*"],
    name="catalog_dropped",
)
def catalog_dropped(event: Any) -> None:
    wiring.catalog_dropped(event.to_dict())


@app.lambda_function()
def preflight(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return wiring.preflight(event)


@app.lambda_function()
def prepare_catalog(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return wiring.prepare_catalog(event)


@app.lambda_function()
def record_upload(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return wiring.record_upload(event)


@app.lambda_function()
def submit_batch(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return wiring.submit_batch(event)


@app.lambda_function()
def close_submission(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return wiring.close_submission(event)


@app.on_sqs_message(
    queue_arn=os.environ.get("RESULT_QUEUE_ARN", "arn:aws:sqs:us-east-1:000000000000:results"),
    batch_size=10,
    name="ingestion_message",
)
def ingestion_message(event: Any) -> dict[str, Any]:
    return wiring.ingestion_message(event.to_dict())


@app.schedule(Rate(5, unit=Rate.MINUTES))
def reconcile(event: Any) -> None:
    wiring.reconcile(event.to_dict())


cold_start.end()
