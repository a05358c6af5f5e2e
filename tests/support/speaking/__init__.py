"""Providers on loopback that real Pipecat services speak to: recognise, think, talk, and misbehave as a test says."""
