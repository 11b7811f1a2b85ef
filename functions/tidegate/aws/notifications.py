"""Notifier over SNS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.aws.faults import calling

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

MOST_SUBJECT = 100  # characters, printable ASCII: SNS refuses others
MOST_TEXT = 250_000  # bytes; SNS takes 256 KiB


class SnsNotifier:
    """Standard topics deduplicate nothing: the key travels as an attribute for those who relay."""

    def __init__(self, sns: SNSClient, topic: str) -> None:
        self._sns = sns
        self._topic = topic

    def tell(self, subject: str, text: str, *, deduplication: str) -> None:
        with calling(f"telling {self._topic}"):
            self._sns.publish(
                TopicArn=self._topic,
                Subject=_one_ascii_line(subject),
                Message=text.encode()[:MOST_TEXT].decode(errors="ignore") or "-",
                MessageAttributes={"deduplication": {"DataType": "String", "StringValue": deduplication or "-"}},
            )


def _one_ascii_line(subject: str) -> str:
    line = "".join(char if " " <= char <= "~" else "?" for char in " ".join(subject.split()))
    return line[:MOST_SUBJECT] or "Tidegate"
