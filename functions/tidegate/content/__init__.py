"""What a text holds that should not leave: secrets, personal data, hidden or encoded data, active content, orders.

Pure functions of strings; nothing here knows a caller, a record or a rule file. Each looks first for something cheap
that its finds can't be without (a literal, a digit, an `@`, a character outside ASCII) and only then runs an
expression, anchored at what was found. Every expression has a stated worst case (`patterns.work_of`): text is hostile.
"""
