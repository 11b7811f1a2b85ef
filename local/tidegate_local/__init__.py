"""The same template on one machine, and the command line."""
