"""Services that take over from each other within the turn."""
