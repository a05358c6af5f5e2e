// Measures what a track sounds like, and draws it.

const FLOOR_DBFS = -60;
const FALL_DB_PER_S = 20 / 1.7;
const BARS = 27;
const BAR_EVERY_MS = 45;
const BAR_FLOOR_DBFS = -50;
const BAR_FULL_DBFS = -14;
const LOWEST_PX = 6;
const HIGHEST_PX = 52;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// The level of one track, read from its samples; close it when the track ends.
export class Probe {
  constructor(context, mediaStreamTrack) {
    this.source = context.createMediaStreamSource(new MediaStream([mediaStreamTrack]));
    this.analyser = context.createAnalyser();
    this.analyser.fftSize = 1024;
    this.samples = new Float32Array(this.analyser.fftSize);
    this.source.connect(this.analyser);
  }

  peakDbfs() {
    this.analyser.getFloatTimeDomainData(this.samples);
    let peak = 0;
    for (const sample of this.samples) peak = Math.max(peak, Math.abs(sample));
    return Math.max(FLOOR_DBFS, 20 * Math.log10(peak + 1e-9));
  }

  rmsDbfs() {
    this.analyser.getFloatTimeDomainData(this.samples);
    let sum = 0;
    for (const sample of this.samples) sum += sample * sample;
    return Math.max(FLOOR_DBFS, 10 * Math.log10(sum / this.samples.length + 1e-12));
  }

  close() {
    this.source.disconnect();
  }
}

// A meter with instant attack and a fall of 20 dB in 1.7 s.
export class Meter {
  constructor(element, fill) {
    this.element = element;
    this.fill = fill;
    this.shown = FLOOR_DBFS;
  }

  show(dbfs, seconds) {
    this.shown = Math.max(dbfs, this.shown - FALL_DB_PER_S * seconds, FLOOR_DBFS);
    this.fill.style.transform = `scaleX(${((this.shown - FLOOR_DBFS) / -FLOOR_DBFS).toFixed(3)})`;
    this.element.setAttribute("aria-valuenow", Math.round(this.shown));
  }
}

// The last half second of a voice, the newest in the middle.
export class Bars {
  constructor(element) {
    this.bars = Array.from({ length: BARS }, () => element.appendChild(document.createElement("i")));
    this.levels = new Array(Math.ceil(BARS / 2)).fill(FLOOR_DBFS);
    this.moved = 0;
  }

  show(dbfs, now) {
    if (now - this.moved < (calm.matches ? 8 * BAR_EVERY_MS : BAR_EVERY_MS)) return;
    this.levels.pop();
    this.levels.unshift(dbfs);
    this.moved = now;
    this.draw();
  }

  draw() {
    const middle = (BARS - 1) / 2;
    this.bars.forEach((bar, index) => {
      const level = this.levels[Math.abs(index - middle)];
      const share = (level - BAR_FLOOR_DBFS) / (BAR_FULL_DBFS - BAR_FLOOR_DBFS);
      const height = LOWEST_PX + Math.min(1, Math.max(0, share)) ** 2 * (HIGHEST_PX - LOWEST_PX);
      bar.style.height = `${height.toFixed(1)}px`;
    });
  }
}
