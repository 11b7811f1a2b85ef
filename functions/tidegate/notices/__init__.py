"""Telling people: one incident is one message in each channel, which follows what becomes of the incident.

A message of the queue says which incident and which channel, never what to say: that is read from the stores when it
is told, so that messages that come twice, late or in another order say the same.
"""
