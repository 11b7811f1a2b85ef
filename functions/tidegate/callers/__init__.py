"""What is remembered about a caller: counters over event time, its own baseline, deliveries folded, findings owed."""
