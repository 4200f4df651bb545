// The live wall's messages, decoded: docs/LIVE.md has the same layout byte by byte.
//
// Takes the bytes of one binary WebSocket message, gives its rigs; a message that does not fit is
// an Error and nothing of it is used. No imports, so that it can be tested alone.

export const PHASES = [
  "idle",
  "waiting",
  "compressing",
  "ventilating",
  "paused",
  "finished",
] as const;
export const MODES = ["", "hands-only", "30:2", "15:2", "continuous", "ventilation-only"] as const;
export const ATTEMPTS = ["", "cold", "practice", "retest", "assessment"] as const;
export const KINDS = ["", "live", "sim", "replay"] as const;
export const HANDS = ["unknown", "on", "off"] as const;
export const SEVERITIES = ["", "good", "hint", "warning"] as const;
export const HEALTHS = ["", "ok", "degraded", "lost", "absent"] as const;
export const PRESENCES = ["never", "here", "lost"] as const;

export interface Targets {
  depthLowMm: number;
  depthHighMm: number | null;
  rateLowCpm: number;
  rateHighCpm: number;
  releaseMaxMm: number;
  handOffsetMaxMm: number;
}

export interface LiveRig {
  rigId: string;
  presence: (typeof PRESENCES)[number];
  /** Since when it is here or lost: unix ms; null: it was never here. */
  sinceMs: number | null;
  /** When the newest sample was captured, unix ms of the server's clock; null: not known. */
  capturedMs: number | null;
  /** Samples that this viewer did not get, since it subscribed. */
  dropped: number;
  recordingId: string;
  learnerId: string;
  cueKey: string;
  elapsedS: number;
  rateCpm: number | null;
  lastDepthMm: number | null;
  lastReleaseMm: number | null;
  /** So far; null: comes later, or cannot be judged. */
  scorePct: number | null;
  handOffsetMm: [number, number] | null;
  handsOffS: number;
  targets: Targets | null;
  compressions: number;
  inCycle: number;
  breaths: number;
  phase: (typeof PHASES)[number];
  mode: (typeof MODES)[number];
  attempt: (typeof ATTEMPTS)[number];
  kind: (typeof KINDS)[number];
  hands: (typeof HANDS)[number];
  severity: (typeof SEVERITIES)[number];
  health: (typeof HEALTHS)[number];
  guidance: boolean;
  /** Seconds on the rig's own clock; only differences mean anything. */
  tS: Float64Array;
  /** NaN where nothing is known. */
  depthMm: Float32Array;
  sigmaMm: Float32Array;
}

export interface Wall {
  seq: number;
  serverMs: number;
  rigs: LiveRig[];
}

const HEAD = 16;
const WALL_HEAD = 8;
const PART = 72;
const STATE = 144;
const ROW = 12;
const MAX_ROWS = 4096;
const MAX_PARTS = 64;

function word<T extends readonly string[]>(words: T, code: number, what: string): T[number] {
  const found = words[code];
  if (found === undefined) throw new Error(`live message: ${what} is ${code}, which means nothing`);
  return found;
}

function text(view: DataView, at: number, length: number): string {
  let out = "";
  for (let k = 0; k < length; k += 1) {
    const byte = view.getUint8(at + k);
    if (byte === 0) break;
    out += String.fromCharCode(byte);
  }
  return out;
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function targetsAt(view: DataView, at: number): Targets | null {
  const value = (k: number): number => view.getFloat32(at + 4 * k, true);
  if ([0, 2, 3, 4, 5].some((k) => Number.isNaN(value(k)))) return null;
  return {
    depthLowMm: value(0),
    depthHighMm: known(value(1)),
    rateLowCpm: value(2),
    rateHighCpm: value(3),
    releaseMaxMm: value(4),
    handOffsetMaxMm: value(5),
  };
}

function rigAt(view: DataView, part: number, rows: number): LiveRig {
  const state = part + PART;
  const float = (offset: number): number => view.getFloat32(state + offset, true);
  const byte = (offset: number): number => view.getUint8(state + offset);
  const t0S = view.getFloat64(part + 32, true);
  const tS = new Float64Array(rows);
  const depthMm = new Float32Array(rows);
  const sigmaMm = new Float32Array(rows);
  for (let k = 0; k < rows; k += 1) {
    const row = state + STATE + ROW * k;
    tS[k] = t0S + view.getUint32(row, true) / 1e6;
    depthMm[k] = view.getFloat32(row + 4, true);
    sigmaMm[k] = view.getFloat32(row + 8, true);
  }
  const x = float(92);
  const y = float(96);
  return {
    rigId: text(view, part, 32),
    presence: word(PRESENCES, view.getUint8(part + 64), "presence"),
    sinceMs: known(view.getFloat64(part + 48, true)),
    capturedMs: known(view.getFloat64(part + 40, true)),
    dropped: view.getUint32(part + 56, true),
    recordingId: text(view, state, 24),
    learnerId: text(view, state + 24, 16),
    cueKey: text(view, state + 40, 32),
    elapsedS: float(72),
    rateCpm: known(float(76)),
    lastDepthMm: known(float(80)),
    lastReleaseMm: known(float(84)),
    scorePct: known(float(88)),
    handOffsetMm: Number.isNaN(x) || Number.isNaN(y) ? null : [x, y],
    handsOffS: float(100),
    targets: targetsAt(view, state + 104),
    compressions: view.getUint32(state + 128, true),
    inCycle: view.getUint16(state + 132, true),
    breaths: view.getUint16(state + 134, true),
    phase: word(PHASES, byte(136), "phase"),
    mode: word(MODES, byte(137), "mode"),
    attempt: word(ATTEMPTS, byte(138), "attempt"),
    kind: word(KINDS, byte(139), "kind"),
    hands: word(HANDS, byte(140), "hands"),
    severity: word(SEVERITIES, byte(141), "severity"),
    health: word(HEALTHS, byte(142), "health"),
    guidance: byte(143) === 1,
    tS,
    depthMm,
    sigmaMm,
  };
}

/** Decode one binary message of `/api/live/wall`; throws when it is none. */
export function decodeWall(data: ArrayBuffer): Wall {
  const view = new DataView(data);
  const size = view.byteLength;
  if (size < HEAD + WALL_HEAD || text(view, 0, 4) !== "MRCL" || view.getUint8(5) !== 2) {
    throw new Error("not a live message for a wall");
  }
  const version = view.getUint8(4);
  if (version !== 1) throw new Error(`live message of version ${version}: reload the page`);
  const parts = view.getUint16(6, true);
  if (view.getUint32(8, true) !== size || parts > MAX_PARTS) {
    throw new Error("live message: its length does not fit");
  }
  const rigs: LiveRig[] = [];
  let at = HEAD + WALL_HEAD;
  for (let k = 0; k < parts; k += 1) {
    if (at + PART + STATE > size) throw new Error("live message: it ends within a rig");
    const rows = view.getUint32(at + 60, true);
    const end = at + PART + STATE + ROW * rows;
    if (rows > MAX_ROWS || end > size) throw new Error("live message: its rows do not fit");
    rigs.push(rigAt(view, at, rows));
    at = end;
  }
  if (at !== size) throw new Error("live message: there are bytes behind its last rig");
  return { seq: view.getUint32(12, true), serverMs: view.getFloat64(16, true), rigs };
}
