"""Lambda entry points: borders, nothing else. A module is a verb; its `handle` is the function's handler."""
