/**
 * What goes on live: one WebSocket, the newest of each rig, and a clock that draws.
 *
 * Numbers on the page change five times a second, traces with every frame. The connection comes
 * back by itself; `line` says how it stands. All that is kept of a rig has a fixed size.
 */

import { decodeWall, type LiveRig } from "../lib/live-frames";
import { type Told, withLatest } from "./latest";
import { Ring } from "./ring";
import type { Sweep } from "./sweep";

const WORDS_EVERY_MS = 200;
const SILENT_MS = 5000;
const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 5000;
const REFUSED = 1008;

export interface StreamHealth {
  stream: string;
  state: "ok" | "degraded" | "lost" | "absent";
  rate_hz: number;
  lost: number;
  why: string;
}

export interface RigStatus {
  state: "ready" | "starting" | "training" | "finishing" | "refused";
  words: string;
  software: string;
  simulated: boolean;
  concerns: string[];
  recording_id: string | null;
  health: StreamHealth[];
  outbox_n: number;
  outbox_refused: string[];
}

/** The newest of one rig. */
export class Seat {
  readonly ring = new Ring();
  /** As words and numbers show it. */
  live = $state.raw<LiveRig | null>(null);
  status = $state.raw<RigStatus | null>(null);
  /** The newest of all, for the trace. */
  newest: LiveRig | null = null;
  capturedMs: number | null = null;
  /** The latest compressions, the newest first. */
  last = $state.raw<readonly Told[]>([]);
  sweeps = new Set<Sweep>();
}

export type Line = "connecting" | "here" | "away" | "refused";
export type Changed = (rigId: string, before: LiveRig | null, now: LiveRig) => void;

export class Feed {
  line = $state<Line>("connecting");
  /** Since when the connection is away. */
  awaySince = $state<Date | null>(null);
  /** What the server's clock is ahead of this device's. */
  aheadMs = $state(0);
  now = $state(Date.now());
  #seats = new Map<string, Seat>();
  #socket: WebSocket | null = null;
  #heardMs = 0;
  #waitMs = FIRST_WAIT_MS;
  #again: ReturnType<typeof setTimeout> | undefined;
  #words: ReturnType<typeof setInterval> | undefined;
  #frame = 0;
  #closed = false;

  constructor(
    readonly path: string,
    readonly changed: Changed = () => undefined,
    readonly refused: () => void = () => undefined,
  ) {}

  seat(rigId: string): Seat {
    let seat = this.#seats.get(rigId);
    if (seat === undefined) this.#seats.set(rigId, (seat = new Seat()));
    return seat;
  }

  open(): () => void {
    this.#connect();
    this.#words = setInterval(() => this.#write(), WORDS_EVERY_MS);
    const drawing = (): void => {
      this.#draw();
      this.#frame = requestAnimationFrame(drawing);
    };
    this.#frame = requestAnimationFrame(drawing);
    return () => this.#close();
  }

  /** Connect anew: what may be watched, or who watches, has changed. */
  again(): void {
    this.#waitMs = 0;
    if (this.#socket !== null) this.#socket.close();
    else this.#connect();
  }

  #close(): void {
    this.#closed = true;
    clearTimeout(this.#again);
    clearInterval(this.#words);
    cancelAnimationFrame(this.#frame);
    this.#socket?.close();
  }

  #connect(): void {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${this.path}`);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#heardMs = performance.now();
    socket.onopen = () => {
      this.line = "here";
      this.awaySince = null;
      this.#waitMs = FIRST_WAIT_MS;
    };
    socket.onmessage = (event: MessageEvent<ArrayBuffer | string>) => this.#heard(event.data);
    socket.onclose = (event) => this.#ended(event.code);
  }

  #ended(code: number): void {
    this.#socket = null;
    if (this.#closed) return;
    if (code === REFUSED) {
      this.line = "refused";
      this.refused();
      return;
    }
    if (this.line !== "away") this.awaySince = new Date();
    this.line = "away";
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#connect(), this.#waitMs * (0.5 + Math.random() / 2));
    this.#waitMs = Math.min(2 * this.#waitMs, LONGEST_WAIT_MS);
  }

  #heard(data: ArrayBuffer | string): void {
    this.#heardMs = performance.now();
    if (typeof data === "string") {
      const said = JSON.parse(data) as { rig_id: string; status: RigStatus };
      this.seat(said.rig_id).status = said.status;
      return;
    }
    const wall = decodeWall(data);
    this.aheadMs = wall.serverMs - Date.now();
    for (const rig of wall.rigs) this.#told(rig);
  }

  #told(rig: LiveRig): void {
    const seat = this.seat(rig.rigId);
    const before = seat.newest;
    seat.ring.add(rig.tS, rig.depthMm, rig.rateCpm);
    seat.last = withLatest(seat.last, before, rig);
    if (rig.tS.length > 0) seat.capturedMs = rig.capturedMs;
    seat.newest = rig;
    const turned =
      before?.presence !== rig.presence ||
      before.phase !== rig.phase ||
      before.recordingId !== rig.recordingId;
    if (turned) {
      seat.live = rig;
      this.changed(rig.rigId, before, rig);
    }
  }

  #write(): void {
    this.now = Date.now();
    for (const seat of this.#seats.values()) seat.live = seat.newest;
    const expected = [...this.#seats.values()].some((seat) => seat.newest?.presence === "here");
    const silent = performance.now() - this.#heardMs > SILENT_MS;
    if (expected && silent) this.#socket?.close();
  }

  /** Draw what is new; who measures hears how old each rig's newest sample was when it was drawn. */
  #draw(): void {
    const drawn: number[] = [];
    let dropped = 0;
    for (const seat of this.#seats.values()) {
      dropped += seat.newest?.dropped ?? 0;
      let new_ = false;
      for (const sweep of seat.sweeps) new_ = sweep.draw(seat.newest?.targets ?? null) || new_;
      if (new_ && seat.capturedMs !== null) drawn.push(seat.capturedMs);
    }
    if (drawn.length === 0) return;
    const nowMs = performance.timeOrigin + performance.now();
    const ages_ms = drawn.map((capturedMs) => nowMs - capturedMs);
    window.dispatchEvent(new CustomEvent("mrcpr-drawn", { detail: { ages_ms, dropped } }));
  }
}
