"""Writes down every call that the emulator authorizes: who, what, on what, and whether it was allowed.

Python imports this module by itself, if its folder is on PYTHONPATH. The functions' processes inherit that, so only the
emulator's own process is touched.
"""

import json
import os
import sys
import threading


def record_calls(path: str) -> None:
    """Make the emulator append a line of JSON to `path` for every action that it checks."""
    from ministack.core import iam_evaluator, responses

    enforce = iam_evaluator.enforce
    lock = threading.Lock()

    def recording_enforce(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        refused = enforce(access_key_id, iam_action, service, region, resource_arn, service_context)
        caller = iam_evaluator.resolve_principal(access_key_id or "", responses.get_account_id())
        call = {
            "caller": getattr(caller, "arn", ""),
            "action": iam_action,
            "resource": resource_arn,
            "allowed": refused is None,
        }
        with lock, open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(call) + "\n")
        return refused

    iam_evaluator.enforce = recording_enforce


if "RECORDED_CALLS" in os.environ and any("ministack_launcher" in argument for argument in sys.orig_argv):
    record_calls(os.environ["RECORDED_CALLS"])
