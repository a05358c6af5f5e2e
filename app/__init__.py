"""Greenroom: a desktop control panel for real-time voice agents."""

__version__ = "0.1.0"
