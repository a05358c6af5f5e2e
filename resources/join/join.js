// Joins the room of an invitation: one button, and what goes on in words.

import { Bars, Meter, Probe } from "./meters.js";
import * as say from "./states.js";

const LiveKit = window.LivekitClient;
const AGENT_ROLE = "greenroom.role";
const CAPTIONS = "lk.transcription";
const LOOK_EVERY_MS = 3000;
const ANSWER_WITHIN_MS = 8000;
const LONGEST_CAPTION = 400;
const QUIET_DBFS = -59;

const here = location.pathname;
const by = (id) => document.getElementById(id);
const bars = new Bars(by("bars"));
const meter = new Meter(by("meter"), by("level"));

const ticket = takeTicket();
let room = null;
let microphone = null;
let context = null;
let ownProbe = null;
const agentProbes = new Map();
let looking = 0;

// The ticket leaves the address bar and the history, and stays with this tab for a reload.
function takeTicket() {
  const given = new URLSearchParams(location.hash.slice(1)).get("t");
  if (given) sessionStorage.setItem(here, given);
  history.replaceState(null, "", here);
  return given ?? sessionStorage.getItem(here) ?? "";
}

// --- what is shown

function show({ state, trouble = null, join = "", inside = false, words = "" }) {
  by("state").textContent = state;
  by("join").hidden = !join;
  by("join").textContent = join;
  by("controls").hidden = by("microphone").hidden = !inside;
  by("bars").hidden = trouble !== null && !inside;
  if (!inside) by("caption").textContent = words;
  showTrouble(trouble);
}

function showTrouble(trouble) {
  by("trouble").hidden = trouble === null;
  by("trouble").classList.toggle("mild", trouble?.mild ?? false);
  by("trouble-title").textContent = trouble?.title ?? "";
  by("trouble-hint").textContent = trouble?.hint ?? "";
}

function fail(name) {
  const trouble = say.trouble(name);
  show({ state: say.OUTSIDE, trouble, join: trouble.again ? "Try again" : "" });
}

function nameRoom(name) {
  by("room").textContent = name;
  document.title = `${name} – Greenroom`;
}

// --- the join server

async function ask(what) {
  let answer;
  try {
    answer = await fetch(`${here}/${what}`, {
      method: "POST",
      body: ticket,
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    return await answer.json();
  } catch {
    return { refusal: "gone" };
  }
}

async function look() {
  const found = await ask("look");
  if (room !== null) return;
  if (found.refusal) {
    fail(found.refusal);
  } else {
    nameRoom(found.room);
    if (by("join").hidden) show({ state: say.READY, join: "Join", words: say.BEFORE });
  }
}

// While somebody waits before the door: whether it still opens.
function watchTheDoor() {
  clearInterval(looking);
  looking = setInterval(() => {
    if (room === null && by("trouble").hidden) look();
  }, LOOK_EVERY_MS);
}

// --- joining and leaving

async function join() {
  room = new LiveKit.Room({ disconnectOnPageLeave: true });
  show({ state: say.JOINING });
  context ??= new AudioContext();
  context.resume();
  try {
    microphone = await LiveKit.createLocalAudioTrack({ echoCancellation: true, noiseSuppression: true });
  } catch (error) {
    return outside(say.microphoneTrouble(error));
  }
  ownProbe = new Probe(context, microphone.mediaStreamTrack);
  const entered = await ask("enter");
  if (entered.refusal) return outside(entered.refusal);
  nameRoom(entered.room);
  await enter(entered.pass);
}

async function enter(pass) {
  const joined = room;
  listen(joined);
  try {
    await joined.connect(location.origin + here, pass, { maxRetries: 1 });
    await joined.localParticipant.publishTrack(microphone, { source: LiveKit.Track.Source.Microphone });
  } catch (error) {
    if (room === joined) await outside(await whyNot(error));
    return;
  }
  tellState();
  by("mute").focus();
}

async function whyNot(error) {
  const found = await ask("look");
  if (found.refusal) return found.refusal;
  const reasons = LiveKit.ConnectionErrorReason;
  if (error?.reason === reasons.ServerUnreachable) return "away";
  if (error?.reason === reasons.NotAllowed) return "refused";
  if (error?.status === 503 || error?.context?.status === 503) return "away";
  return error?.message?.includes("pc connection") ? "noMedia" : "refused";
}

// Everything that belongs to being inside is let go; `name` says what the trouble was.
async function outside(name) {
  const left = room;
  room = null;
  microphone?.stop();
  microphone = null;
  ownProbe?.close();
  ownProbe = null;
  for (const sid of [...agentProbes.keys()]) forget(sid);
  by("voices").replaceChildren();
  by("sound").hidden = true;
  setMuteButton(false);
  if (name) fail(name);
  else show({ state: say.LEFT, join: "Join again" });
  await left?.disconnect();
  by("join").focus();
}

async function disconnected(reason) {
  const found = await ask("look");
  const reasons = LiveKit.DisconnectReason;
  const known = {
    [reasons.DUPLICATE_IDENTITY]: "replaced",
    [reasons.PARTICIPANT_REMOVED]: "removed",
    [reasons.ROOM_DELETED]: "closed",
    [reasons.ROOM_CLOSED]: "closed",
    [reasons.SERVER_SHUTDOWN]: "away",
  };
  const withdrawn = found.refusal === "revoked" || found.refusal === "gone";
  await outside(withdrawn ? found.refusal : known[reason] ?? "lost");
}

// --- inside

function listen(joined) {
  const event = LiveKit.RoomEvent;
  joined
    .on(event.Disconnected, (reason) => { if (room === joined) disconnected(reason); })
    .on(event.Reconnecting, () => { by("state").textContent = say.RECONNECTING; })
    .on(event.Reconnected, tellState)
    .on(event.ParticipantConnected, tellState)
    .on(event.ParticipantDisconnected, tellState)
    .on(event.ActiveSpeakersChanged, tellState)
    .on(event.TrackSubscribed, hear)
    .on(event.TrackUnsubscribed, unhear)
    .on(event.AudioPlaybackStatusChanged, tellPlayback)
    .on(event.LocalAudioSilenceDetected, () => { if (room === joined) tellNotice("silent"); });
  microphone.on(LiveKit.TrackEvent.Ended, () => { if (room === joined) tellNotice("unplugged"); });
  joined.registerTextStreamHandler(CAPTIONS, caption);
}

const isAgent = (participant) =>
  participant?.isAgent || participant?.attributes[AGENT_ROLE] === "agent";

function tellState() {
  if (room === null || room.state !== LiveKit.ConnectionState.Connected) return;
  show({ state: stateInWords(), trouble: standing(), inside: true });
  tellPlayback();
}

function stateInWords() {
  const others = [...room.remoteParticipants.values()];
  const agents = others.filter(isAgent);
  if (agents.some((agent) => agent.isSpeaking)) return say.SPEAKING;
  if (others.some((other) => other.isSpeaking)) return say.OTHER_SPEAKING;
  if (microphone?.isMuted) return say.MUTED;
  return agents.length ? say.LISTENING : say.ALONE;
}

// A notice that still holds outlives a change of state.
function standing() {
  if (by("trouble").hidden || !by("trouble").classList.contains("mild")) return null;
  return {
    title: by("trouble-title").textContent,
    hint: by("trouble-hint").textContent,
    mild: true,
  };
}

function hear(track, publication, participant) {
  if (track.kind !== LiveKit.Track.Kind.Audio) return;
  const element = track.attach();
  element.dataset.sid = track.sid;
  by("voices").append(element);
  if (isAgent(participant)) {
    agentProbes.set(track.sid, new Probe(context, track.mediaStreamTrack));
  }
}

function unhear(track) {
  track.detach();
  for (const element of by("voices").querySelectorAll("audio")) {
    if (element.dataset.sid === track.sid) element.remove();
  }
  forget(track.sid);
}

function forget(sid) {
  agentProbes.get(sid)?.close();
  agentProbes.delete(sid);
}

function tellPlayback() {
  const held = room !== null && !room.canPlaybackAudio;
  by("sound").hidden = !held;
  if (held) tellNotice("quiet");
  else endNotice("quiet");
}

function tellNotice(name) {
  showTrouble(say.notice(name));
}

function endNotice(name) {
  if (by("trouble-title").textContent === say.notice(name).title) showTrouble(null);
}

// The agent's words as they come; each segment replaces the one before.
async function caption(reader, { identity }) {
  if (!isAgent(room?.remoteParticipants.get(identity))) return;
  let text = "";
  for await (const chunk of reader) {
    text += chunk;
    by("caption").textContent = quoted(text);
  }
}

function quoted(text) {
  const trimmed = text.trim();
  const shown = trimmed.length > LONGEST_CAPTION ? `…${trimmed.slice(-LONGEST_CAPTION)}` : trimmed;
  return shown && `“${shown}”`;
}

async function toggleMute() {
  if (microphone === null) return;
  if (microphone.isMuted) await microphone.unmute();
  else await microphone.mute();
  setMuteButton(microphone?.isMuted ?? false);
  tellState();
}

function setMuteButton(muted) {
  by("mute").setAttribute("aria-pressed", String(muted));
  by("mute-word").textContent = muted ? "Unmute" : "Mute";
  by("microphone-word").textContent = muted ? "Your microphone is muted" : "Your microphone";
}

// --- levels

let drawnAt = performance.now();

function draw(now) {
  const seconds = (now - drawnAt) / 1000;
  drawnAt = now;
  const own = ownProbe && !microphone?.isMuted ? ownProbe.peakDbfs() : -Infinity;
  meter.show(own, seconds);
  if (own > QUIET_DBFS || microphone?.isMuted) endNotice("silent");
  const heard = [...agentProbes.values()].map((probe) => probe.rmsDbfs());
  bars.show(Math.max(-60, ...heard), now);
  requestAnimationFrame(draw);
}

// --- start

function start() {
  if (!LiveKit) return fail("unfit");
  LiveKit.setLogLevel("silent");
  by("join").addEventListener("click", join);
  by("mute").addEventListener("click", toggleMute);
  by("leave").addEventListener("click", () => outside(""));
  by("sound").addEventListener("click", () => room?.startAudio());
  bars.draw();
  requestAnimationFrame(draw);
  watchTheDoor();
  look();
}

start();
