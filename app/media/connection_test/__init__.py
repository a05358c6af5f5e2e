"""The connection test: fourteen steps from a server's address to the sound in a room."""
