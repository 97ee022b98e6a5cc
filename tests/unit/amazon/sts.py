"""An STS that hands out numbered sessions."""

from datetime import UTC, datetime, timedelta
from typing import Any


class FakeSts:
    """Remembers what it was asked, and names the sessions ASIA1, ASIA2 and so on."""

    def __init__(self, *, lasts: timedelta = timedelta(hours=1), error: Exception | None = None) -> None:
        self.asked: list[dict[str, Any]] = []
        self.lasts = lasts
        self.error = error

    def assume_role(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        if self.error:
            raise self.error
        number = len(self.asked)
        return {
            "Credentials": {
                "AccessKeyId": f"ASIA{number}",
                "SecretAccessKey": f"secret-key-{number}",
                "SessionToken": f"session-token-{number}",
                "Expiration": datetime.now(UTC) + self.lasts,
            }
        }
