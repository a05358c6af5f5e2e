"""Rooms, tracks and the LiveKit server. The only package that imports livekit."""
