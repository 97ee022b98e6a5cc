"""A subscription that really waits for its confirmation.

The emulator confirms a queue's subscription at once. One with a web address stays pending until somebody calls
`ConfirmSubscription` with the token that SNS posts to that address. So the simulator subscribes a web address, takes
the token from the post, and sends it to the retailer's queue itself.
"""

import json
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

POST_LIMIT = 30.0
"""Seconds in which SNS has to post the token."""


@dataclass(frozen=True)
class PendingSubscription:
    """A subscription that is not confirmed yet. The token is what confirms it."""

    arn: str
    token: str
    subscribe_url: str


def subscribe(sns: Any, topic_arn: str) -> PendingSubscription:
    """Make a subscription of the topic that stays pending.

    Raises:
        TimeoutError: SNS has not posted its token.
    """
    before = _subscriptions(sns, topic_arn)
    with _post_box() as (url, posts):
        sns.subscribe(TopicArn=topic_arn, Protocol="http", Endpoint=url)
        try:
            post = posts.get(timeout=POST_LIMIT)
        except queue.Empty:
            raise TimeoutError(f"SNS has posted no token within {POST_LIMIT:.0f} seconds") from None
    (arn,) = _subscriptions(sns, topic_arn) - before
    return PendingSubscription(arn, post["Token"], post["SubscribeURL"])


def _subscriptions(sns: Any, topic_arn: str) -> set[str]:
    return {each["SubscriptionArn"] for each in sns.list_subscriptions_by_topic(TopicArn=topic_arn)["Subscriptions"]}


@contextmanager
def _post_box() -> Iterator[tuple[str, "queue.Queue[dict[str, str]]"]]:
    posts: queue.Queue[dict[str, str]] = queue.Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: a token is a secret."""

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", posts
        finally:
            server.shutdown()
