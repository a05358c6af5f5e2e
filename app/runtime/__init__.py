"""Threads, loops and the mailbox between them. No Qt, no LiveKit, no Pipecat."""
