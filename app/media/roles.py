"""Says who a participant is, and which lane their audio belongs to."""

from livekit import rtc

from app.domain.facts import Lane, Role
from app.media.tokens import ROLE_ATTRIBUTE

LANES = {
    Role.CALLER: Lane.CALLER,
    Role.AGENT: Lane.AGENT,
    Role.OPERATOR: Lane.OPERATOR,
    Role.EAR: Lane.EAR,
}


def role_of(participant: rtc.Participant) -> Role:
    """The role in the participant's token; without one, agents are known by their kind, others call."""
    named = participant.attributes.get(ROLE_ATTRIBUTE, "")
    if named in set(Role):
        return Role(named)
    is_agent = participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
    return Role.AGENT if is_agent else Role.CALLER


def lane_of(participant: rtc.Participant) -> Lane:
    return LANES[role_of(participant)]
