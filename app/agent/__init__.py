"""Agents, models and what they report. The only package that imports pipecat."""
