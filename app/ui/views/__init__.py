"""What shows the call in hand. A view holds no truth: it reads the call and repaints what changed."""
