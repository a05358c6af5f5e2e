"""One call put together: server, room, agent, ear and caller. The only place where media and agent meet."""
