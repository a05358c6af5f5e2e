import os

from pipecat.runner.utils import create_transport
from pipecat.transports.base_transport import TransportParams


class ConfigError(Exception):
    pass


async def bot(runner_args):
    await create_transport(
        runner_args,
        {"webrtc": lambda: TransportParams(audio_in_enabled=True, audio_out_enabled=True)},
    )
    if "CRM_URL" not in os.environ:
        raise ConfigError("CRM_URL is not set")
