"""Rooms, tracks and the LiveKit server. The only package that imports livekit."""

import warnings

# Of a short API secret, at each token. `app.domain.server_rules` says it once, where it can be mended.
warnings.filterwarnings("ignore", "The HMAC key is ")
