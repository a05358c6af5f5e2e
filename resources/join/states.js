// What the page says: each state and each trouble once, in words.

export const JOINING = "Joining";
export const LOOKING = "Looking up the invitation";
export const READY = "You will speak with a voice agent";
export const BEFORE = "The call uses your microphone, and nothing else of your computer.";
export const LISTENING = "The agent is listening";
export const SPEAKING = "The agent is speaking";
export const OTHER_SPEAKING = "Somebody else is speaking";
export const ALONE = "Waiting for the agent";
export const MUTED = "You are muted";
export const RECONNECTING = "The connection broke. Reconnecting";
export const LEFT = "You have left";
export const OUTSIDE = "You are not in the call";

// Title, hint, and whether trying again can help.
const TROUBLES = {
  unknown: ["This link is not known here.", "Copy the whole link, or ask for a new one.", false],
  expired: ["This link has expired.", "A link works for ten minutes. Ask for a new one.", false],
  revoked: ["This invitation was withdrawn.", "The link no longer works. Ask for a new one.", false],
  replaced: ["Somebody has joined with this link elsewhere.", "A link lets in one person at a time. Try again to take the place back.", true],
  closed: ["The room is closed.", "Ask whoever invited you to open it again.", true],
  away: ["The voice server does not answer.", "Try again in a moment.", true],
  gone: ["The computer that invited you does not answer.", "Greenroom has to be open there. Try again in a moment.", true],
  removed: ["You were put out of the room.", "Ask whoever invited you whether you should come back.", true],
  lost: ["The connection to the room was lost.", "Check your network, then join again.", true],
  refused: ["The room did not let you in.", "It may be full. Try again in a moment.", true],
  noMedia: ["No sound gets through to the room.", "The network or a firewall blocks it (UDP). Try another network.", true],
  noMicrophone: ["No microphone was found.", "Connect one, then try again.", true],
  forbidden: ["The browser may not use your microphone.", "Allow the microphone in the address bar, then try again.", true],
  busy: ["The microphone cannot be used.", "Another program may hold it. Close that, then try again.", true],
  insecure: ["The browser offers no microphone here.", "Open the link as it was given to you, with https.", false],
  unfit: ["This page could not be loaded whole.", "Reload it, or use a current browser.", false],
};
const MILD = {
  silent: ["Your microphone gives no sound.", "Check that it is the right one, and not switched off."],
  unplugged: ["Your microphone was disconnected.", "Connect it, leave, and join again."],
  quiet: ["The browser holds back the sound.", "Turn it on to hear the agent."],
};

export function trouble(name) {
  const [title, hint, again] = TROUBLES[name] ?? TROUBLES.lost;
  return { title, hint, again, mild: false };
}

export function notice(name) {
  const [title, hint] = MILD[name];
  return { title, hint, again: false, mild: true };
}

// What a `getUserMedia` failure means to a person.
export function microphoneTrouble(error) {
  switch (error?.name) {
    case "NotFoundError":
    case "OverconstrainedError":
      return "noMicrophone";
    case "NotAllowedError":
    case "SecurityError":
      return "forbidden";
    case "TypeError":
      return "insecure";
    default:
      return "busy";
  }
}
