"""What a call is. Standard library only."""
