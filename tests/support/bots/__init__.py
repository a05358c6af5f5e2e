"""Bots that nobody wrote for Greenroom, and how the tests get them."""
