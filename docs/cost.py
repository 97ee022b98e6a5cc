"""`python docs/cost.py`: what a day's work costs in a month, as the table in docs/deploy.md; `--write` puts it there.

Prices are Amazon's public list prices of us-east-1 in US dollars, without free tier, as of PRICES_OF. A test holds page
and script together.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

PRICES_OF = "January 2025"
PAGE = Path(__file__).parent / "deploy.md"
BEGIN, END = "<!-- cost.py begins -->\n", "<!-- cost.py ends -->\n"

DAYS = 30
ROWS_A_DAY = 1_000_000
BATCH_ITEMS = 10_000
BYTES_PER_ROW = 410
"""An item with 11 typical fields, as JSON."""
KEPT_DAYS = 90
ALARMS = 34


@dataclass(frozen=True)
class Line:
    """One service: how much of it a month takes, and what a unit of it costs."""

    service: str
    basis: str
    amount: float
    unit: str
    price: float

    @property
    def dollars(self) -> float:
        return self.amount * self.price


def lines() -> list[Line]:
    """The month's lines. Per batch and per upload: what the recorded calls of `make e2e-terraform` show, rounded up."""
    uploads, batches = DAYS, DAYS * ROWS_A_DAY / BATCH_ITEMS
    gigabytes = DAYS * ROWS_A_DAY * BYTES_PER_ROW / 1e9
    prepare_gb_s = uploads * 120 * 1.769
    batch_gb_s = batches * (8 * 0.5 + 12 * 1.0)
    reconcile_gb_s = DAYS * 24 * 12 * 2 * 1.0
    invocations = batches * 3 + uploads * 10 + DAYS * 24 * 12
    return [
        Line(
            "Lambda, time (arm64)",
            "prepare 2 min at 1,769 MB; a batch 8 s at 512 MB and 12 s at 1 GB",
            prepare_gb_s + batch_gb_s + reconcile_gb_s,
            "GB-s",
            0.0000133334,
        ),
        Line("Lambda, calls", "3 a batch, 10 an upload, reconcile every 5 minutes", invocations / 1e6, "million", 0.20),
        Line(
            "Step Functions",
            "5 transitions a batch, 15 an upload",
            (batches * 5 + uploads * 15) / 1000,
            "thousand",
            0.025,
        ),
        Line(
            "DynamoDB, writes",
            "30 units a batch, indexes and transactions included",
            batches * 30 / 1e6,
            "million",
            0.625,
        ),
        Line(
            "DynamoDB, reads",
            "30 units a batch; reconcile",
            (batches * 30 + DAYS * 24 * 12 * 5) / 1e6,
            "million",
            0.125,
        ),
        Line("S3, writes", "5 a batch, 10 an upload", (batches * 5 + uploads * 10) / 1000, "thousand", 0.005),
        Line("S3, reads", "6 a batch; the status API", (batches * 6 + uploads * 100) / 1000, "thousand", 0.0004),
        Line(
            "S3, storage",
            f"file, batches and reports, about three times the file, for {KEPT_DAYS} days",
            gigabytes / DAYS * KEPT_DAYS * 3,
            "GB",
            0.023,
        ),
        Line(
            "SQS",
            "Lambda's five pollers, every 20 seconds; four calls a message",
            (batches * 4 + DAYS * 86_400 / 20 * 5) / 1e6,
            "million",
            0.40,
        ),
        Line("API Gateway", "10,000 calls of the status API", 0.01, "million", 3.50),
        Line(
            "CloudWatch, logs", "10 kB a batch, the executions' history included", batches * 10 / 1e6 + 0.5, "GB", 0.50
        ),
        Line(
            "CloudWatch, alarms and metrics", f"{ALARMS} alarms, 10 metrics of the app", ALARMS + 10 * 3, "alarm", 0.10
        ),
        Line("X-Ray", "a trace a call", invocations / 1e6, "million", 5.00),
    ]


def _price(price: float) -> str:
    return f"{price:.10f}".rstrip("0").rstrip(".")


def _rounded(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.3g}"


def table() -> str:
    """The table, in Markdown."""
    rows = [
        f"| {each.service} | {each.basis} | {_rounded(each.amount)} {each.unit} "
        f"| {_price(each.price)} | {each.dollars:,.2f} |"
        for each in lines()
    ]
    total = sum(line.dollars for line in lines())
    return "\n".join(
        [
            f"{ROWS_A_DAY:,} rows a day in one file, for {DAYS} days.",
            f"List prices of us-east-1 in US dollars as of {PRICES_OF},",
            "without free tier; look them up again before you rely on them. `python docs/cost.py` computes the table.",
            "",
            "| service | reckoned with | a month | price of a unit | US dollars |",
            "|---|---|---|---|---|",
            *rows,
            f"| **all** | | | | **{total:,.2f}** |",
            "",
        ]
    )


def main() -> None:
    if "--write" in sys.argv:
        before, rest = PAGE.read_text().split(BEGIN)
        PAGE.write_text(before + BEGIN + table() + END + rest.split(END)[1])
    else:
        sys.stdout.write(table())


if __name__ == "__main__":
    main()
