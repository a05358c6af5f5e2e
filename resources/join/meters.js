// Measures what a track sounds like, and draws it.

const FLOOR_DBFS = -60;
const FALL_DB_PER_S = 20 / 1.7;
const BARS = 27;
const BAR_EVERY_MS = 55;
const LOWEST_PX = 6;
const HIGHEST_PX = 52;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// The level of one track, read from its samples; close it when the track ends.
export class Probe {
  constructor(context, mediaStreamTrack) {
    this.source = context.createMediaStreamSource(new MediaStream([mediaStreamTrack]));
    this.analyser = context.createAnalyser();
    this.analyser.fftSize = 2048;
    this.samples = new Float32Array(this.analyser.fftSize);
    this.source.connect(this.analyser);
  }

  peakDbfs() {
    this.analyser.getFloatTimeDomainData(this.samples);
    let peak = 0;
    for (const sample of this.samples) peak = Math.max(peak, Math.abs(sample));
    return Math.max(FLOOR_DBFS, 20 * Math.log10(peak + 1e-9));
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

// The last second and a half of a voice, the newest in the middle.
export class Bars {
  constructor(element) {
    this.bars = Array.from({ length: BARS }, () => element.appendChild(document.createElement("i")));
    this.levels = new Array(Math.ceil(BARS / 2)).fill(FLOOR_DBFS);
    this.loudest = FLOOR_DBFS;
    this.moved = 0;
  }

  show(dbfs, now) {
    this.loudest = Math.max(this.loudest, dbfs);
    if (now - this.moved < (calm.matches ? 8 * BAR_EVERY_MS : BAR_EVERY_MS)) return;
    this.levels.pop();
    this.levels.unshift(this.loudest);
    this.loudest = FLOOR_DBFS;
    this.moved = now;
    this.draw();
  }

  draw() {
    const middle = (BARS - 1) / 2;
    this.bars.forEach((bar, index) => {
      const level = this.levels[Math.abs(index - middle)];
      const share = Math.max(0, (level - FLOOR_DBFS + 15) / (-FLOOR_DBFS + 15) - 0.25) / 0.75;
      bar.style.height = `${(LOWEST_PX + share * share * (HIGHEST_PX - LOWEST_PX)).toFixed(1)}px`;
    });
  }
}
