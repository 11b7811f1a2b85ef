"""Detection and response for generative AI on AWS."""

__version__ = "0.1.0"
