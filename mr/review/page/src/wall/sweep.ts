/**
 * Draws a rig's rate and depth as a monitor does: the newest writes over what is eight seconds old.
 *
 * Nothing that stands is drawn again, so that thirty rigs cost no more than sixty short lines a
 * frame. The rate is a thin strip above; depth goes down, as the chest does.
 */

import type { Targets } from "../lib/live-frames";
import { colour } from "../parts/chart/colours";
import { type Ring, SPAN_S } from "./ring";

export const RATE_SHARE = 0.26; // of the height
const STRIPS_APART_PX = 3;
const GAP_SHARE = 0.035; // of the width, cleared ahead of the newest

/** One quantity's part of the picture. */
interface Strip {
  values: Float32Array;
  /** The values at its upper and its lower edge. */
  at_top: number;
  at_bottom: number;
  band: (targets: Targets) => readonly [number, number | null];
  line: "depth" | "rate";
}

export interface Colours {
  ground: string;
  apart: string;
  band: string;
  edge: string;
  depth: string;
  rate: string;
}

/** The colours of the page as it looks now. */
export function coloursNow(): Colours {
  return {
    ground: colour("--sunk"),
    apart: colour("--paper"),
    band: colour("--good-wash"),
    edge: colour("--good", 0.5),
    depth: colour("--line-1"),
    rate: colour("--line-2"),
  };
}

/** Tell whether two targets are drawn alike. */
function alike(a: Targets | null, b: Targets | null): boolean {
  return (
    a?.depthLowMm === b?.depthLowMm &&
    a?.depthHighMm === b?.depthHighMm &&
    a?.rateLowCpm === b?.rateLowCpm &&
    a?.rateHighCpm === b?.rateHighCpm
  );
}

export class Sweep {
  readonly #context: CanvasRenderingContext2D;
  readonly #strips: readonly Strip[];
  #drawn = 0;
  #targets: Targets | null = null;
  #width = 0;
  #height = 0;
  #dots = 1;
  colours: Colours;

  constructor(
    readonly canvas: HTMLCanvasElement,
    readonly ring: Ring,
  ) {
    const context = canvas.getContext("2d", { alpha: false });
    if (context === null) throw new Error("this browser draws nothing");
    this.#context = context;
    this.colours = coloursNow();
    this.#strips = [
      {
        values: ring.rate_cpm,
        at_top: 160,
        at_bottom: 60,
        band: (targets) => [targets.rateLowCpm, targets.rateHighCpm],
        line: "rate",
      },
      {
        values: ring.depth_mm,
        at_top: -6,
        at_bottom: 86,
        band: (targets) => [targets.depthLowMm, targets.depthHighMm],
        line: "depth",
      },
    ];
  }

  /** Fit the canvas to its place; all that is known is drawn anew. */
  resize(width_px: number, height_px: number, dots: number): void {
    this.#dots = dots;
    this.#width = Math.max(1, Math.round(width_px * dots));
    this.#height = Math.max(1, Math.round(height_px * dots));
    this.canvas.width = this.#width;
    this.canvas.height = this.#height;
    this.redraw();
  }

  /** Draw all that is known: after a change of size, colours or targets. */
  redraw(): void {
    this.#clear(0, this.#width);
    const ring = this.ring;
    const last_s = ring.end > 0 ? (ring.t_s[ring.at(ring.end - 1)] ?? 0) : 0;
    let row = ring.end;
    while (
      row > ring.first &&
      (ring.t_s[ring.at(row - 1)] ?? 0) > last_s - SPAN_S * (1 - GAP_SHARE)
    )
      row -= 1;
    this.#drawn = row;
    this.#stroke(row, ring.end);
    this.#drawn = ring.end;
  }

  /** Draw what is new; tells whether anything was. */
  draw(targets: Targets | null): boolean {
    if (!alike(targets, this.#targets) || this.ring.end < this.#drawn) {
      this.#targets = targets;
      this.redraw();
      return true;
    }
    if (this.ring.end === this.#drawn) return false;
    const from = Math.max(this.#drawn, this.ring.first);
    this.#erase(from, this.ring.end);
    this.#stroke(Math.max(from - 3, this.ring.first), this.ring.end); // mends what was cleared
    this.#drawn = this.ring.end;
    return true;
  }

  #x(t_s: number): number {
    return ((t_s % SPAN_S) / SPAN_S) * this.#width;
  }

  /** Where a strip begins and ends, in the canvas' dots. */
  #edges(strip: Strip): readonly [number, number] {
    const split = Math.round(this.#height * RATE_SHARE);
    if (strip.line === "rate") return [0, split];
    return [split + STRIPS_APART_PX * this.#dots, this.#height];
  }

  #y(strip: Strip, value: number): number {
    const [top, bottom] = this.#edges(strip);
    const share = (value - strip.at_top) / (strip.at_bottom - strip.at_top);
    return top + Math.min(Math.max(share, 0), 1) * (bottom - top);
  }

  #erase(from: number, to: number): void {
    const t_s = (row: number) => this.ring.t_s[this.ring.at(row)] ?? 0;
    const first_s = t_s(Math.max(from - 1, this.ring.first));
    const span_s = t_s(to - 1) - first_s + SPAN_S * GAP_SHARE;
    if (span_s >= SPAN_S) return this.#clear(0, this.#width);
    const x = this.#x(first_s) + this.#dots;
    const end = x + (span_s / SPAN_S) * this.#width;
    this.#clear(x, Math.min(end, this.#width));
    if (end > this.#width) this.#clear(0, end - this.#width);
  }

  #clear(x: number, end: number): void {
    const [left, right] = [Math.floor(x), Math.ceil(end)];
    const context = this.#context;
    context.fillStyle = this.colours.apart;
    context.fillRect(left, 0, right - left, this.#height);
    for (const strip of this.#strips) {
      const [top, bottom] = this.#edges(strip);
      context.fillStyle = this.colours.ground;
      context.fillRect(left, top, right - left, bottom - top);
      if (this.#targets !== null) this.#band(strip, this.#targets, left, right);
    }
  }

  #band(strip: Strip, targets: Targets, left: number, right: number): void {
    const context = this.#context;
    const [low, high] = strip.band(targets);
    const ends = [this.#y(strip, low), this.#y(strip, high ?? strip.at_bottom)] as const;
    const [upper, lower] = [Math.min(...ends), Math.max(...ends)];
    context.fillStyle = this.colours.band;
    context.fillRect(left, upper, right - left, lower - upper);
    context.fillStyle = this.colours.edge;
    context.fillRect(left, upper, right - left, this.#dots);
    context.fillRect(left, lower - this.#dots, right - left, this.#dots);
  }

  #stroke(from: number, to: number): void {
    for (const strip of this.#strips) this.#line(strip, from, to);
  }

  #line(strip: Strip, from: number, to: number): void {
    const { ring } = this;
    const context = this.#context;
    context.strokeStyle = this.colours[strip.line];
    context.lineWidth = 1.75 * this.#dots;
    context.lineJoin = "round";
    context.beginPath();
    let before = Infinity; // no line comes from nowhere, nor from the other end
    for (let row = from; row < to; row += 1) {
      const place = ring.at(row);
      const value = strip.values[place] ?? NaN;
      if (Number.isNaN(value)) {
        before = Infinity;
        continue;
      }
      const x = this.#x(ring.t_s[place] ?? 0);
      if (x < before) context.moveTo(x, this.#y(strip, value));
      else context.lineTo(x, this.#y(strip, value));
      before = x;
    }
    context.stroke();
  }
}
