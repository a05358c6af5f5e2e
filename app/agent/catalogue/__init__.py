"""The services that agents can be made of: those of Pipecat, and servers on this computer."""

from app.agent.catalogue.entries import catalogue
from app.agent.catalogue.installer import install, install_command
from app.agent.catalogue.local_endpoints import endpoints

__all__ = ["catalogue", "endpoints", "install", "install_command"]
