"""What protects a model or decides its answers, as it is configured: guardrails, logging, agents, knowledge bases.

Read off an API call that changes it, or off AWS's answer when it is asked. Detectors compare two of these, actions put
one back, the daily snapshot keeps them: all by the same reading.
"""
