"""How answers leave: JSON that nobody caches, problem documents for every error, one log line and the metrics."""

import functools
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import orjson
from chalice.app import Response

from chalicelib.api.problems import (
    CONTENT_TYPE,
    FieldError,
    Problem,
    bad_request,
    fault,
    from_chalice,
    problem_response,
    unknown_upload,
)
from chalicelib.telemetry import logger, metrics
from chalicelib.tracking.uploads import BadCursor, UnknownUpload

View = Callable[..., Response]


def answer(
    body: Mapping[str, Any] | bytes, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON answer. It may carry presigned links, and states change: nobody is to keep it."""
    text = body if isinstance(body, bytes) else orjson.dumps(body)
    fixed = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Response(text.decode(), status_code=int(status), headers={**fixed, **(headers or {})})


def answering(view: View) -> View:
    """Make problem documents of whatever a view raises; what nobody expected is logged."""

    @functools.wraps(view)
    def answer_always(*arguments: Any) -> Response:
        try:
            return view(*arguments)
        except Problem as problem:
            return problem_response(problem)
        except UnknownUpload:
            return problem_response(unknown_upload())
        except BadCursor:
            return problem_response(bad_request([FieldError("cursor", "is none that this list has given out")]))
        except Exception:
            logger.exception("a request broke")
            return problem_response(fault())

    return answer_always


def observed(request: Any, get_response: Callable[[Any], Response]) -> Response:
    """Chalice middleware: one log line and the metrics of a request, and problem documents for Chalice's own refusals.

    The line has the route, never the query, the body or the headers.
    """
    began = time.monotonic()
    logger.append_keys(request_id=request.context.get("requestId"), **{"upload_id": None, **(request.uri_params or {})})
    response = get_response(request)
    if response.status_code >= HTTPStatus.BAD_REQUEST and response.headers.get("Content-Type") != CONTENT_TYPE:
        response = _in_problem_form(response)
    line = {"method": request.method, "route": request.path, "status": response.status_code}
    logger.info("request", extra={**line, "milliseconds": round((time.monotonic() - began) * 1000)})
    if metrics.provider.metric_set:
        metrics.flush_metrics()
    return response


def _in_problem_form(refusal: Response) -> Response:
    response = problem_response(from_chalice(refusal))
    response.headers.update(refusal.headers)
    return response
