"""The services that agents can be made of: those of Pipecat, and servers on this computer."""

from app.agent.catalogue.entries import catalogue

__all__ = ["catalogue"]
