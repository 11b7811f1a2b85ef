"""One file a group of commands. Answers go to standard output, everything else to standard error."""
