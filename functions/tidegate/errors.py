"""What can go wrong, by what the one who meets it can do about it."""


class TidegateError(Exception):
    """Base of every error we raise. The message says what was wrong, where, and what to do."""


class Retryable(TidegateError):
    """Trying again later may succeed: a throttle, a time-out, a lost conditional write."""


class NotSent(Retryable):
    """A message surely did not go out: trying again can't say anything twice."""


class Permanent(TidegateError):
    """Trying again can't succeed: keep the original, report it, go on with the rest."""


class Conflict(Retryable):
    """Someone else wrote first. Read again, fold again, write again."""


class NotProven(Retryable):
    """A change was made and reading back does not show it yet: AWS may need seconds to agree with itself."""


class DamagedRecord(Permanent):
    """A record that can't be read.

    `where` is a source and position ("s3://bucket/key line 12", a CloudTrail event id), `original` the
    bytes as they came, so that the record can be kept and replayed once the reader is mended.
    """

    def __init__(self, reason: str, *, where: str, original: bytes) -> None:
        super().__init__(f"{where}: {reason}")
        self.reason = reason
        self.where = where
        self.original = original


class Refused(Permanent):
    """An action that we will not take: protected principal, lever out of reach, limit exceeded.

    The message names the alternative where there is one.
    """


class HeldAlready(Refused):
    """Nothing is left to do: what earlier responses to the incident hold is all that this one would, and it holds."""


class AsItWas(Refused):
    """What was to be put back is as it was before: somebody, or an earlier response, has put it back."""


class ChangedSince(Permanent):
    """Undo found that someone else has changed the resource since we did: nothing was restored."""


class ConfigurationError(Permanent):
    """A setting is absent or makes no sense. The message names the environment variable."""
