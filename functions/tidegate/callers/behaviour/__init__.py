"""How a caller behaves: what it asks, how that differs from its own days, and tests that add up over records."""
