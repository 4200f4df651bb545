/** What is drawn on a session's depth: spans with words, and every compression by its verdict. */

import type uPlot from "uplot";

import {
  type Analysis,
  type Compression,
  type Look,
  lookOf,
  pauseWords,
  type Span,
} from "../../lib/analysis";
import { withUnit } from "../../lib/numbers";
import type { Draft } from "../../lib/session-view.svelte";
import { colour } from "../chart/colours";
import type { Shape } from "../chart/kinds";
import { draw } from "../chart/marks";

export const SIGNS: Record<Look, { shape: Shape; colour: string; sign: string }> = {
  ok: { shape: "circle", colour: "--good", sign: "●" },
  shallow: { shape: "triangle", colour: "--warn", sign: "▲" },
  deep: { shape: "diamond", colour: "--bad", sign: "◆" },
  leaning: { shape: "square", colour: "--note", sign: "■" },
  unknown: { shape: "cross", colour: "--quiet", sign: "✕" },
};

const RANK: readonly Look[] = ["ok", "unknown", "leaning", "shallow", "deep"];
const SIZE_PX = 4.5;
const CROWDED_PX = 9; // closer than this each pixel column has one mark: the worst
const BAR_PX = 16;

export interface Painted {
  analysis: Analysis;
  looks: readonly Look[];
  marked: ReadonlySet<number>;
  current: Compression | null;
  draft: Draft | null;
}

export function paintSession(plot: uPlot, what: Painted): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  paintSpans(plot, what.analysis);
  paintCompressions(plot, what);
  if (what.draft) paintDraft(plot, what.draft);
  ctx.restore();
}

function paintSpans(plot: uPlot, analysis: Analysis): void {
  const { min, max } = plot.scales.x ?? {};
  const seen = (span: Span) => span.end_s >= (min ?? 0) && span.start_s <= (max ?? 0);
  for (const span of analysis.unmeasured.filter(seen))
    hatch(plot, span.start_s, span.end_s, "not measured");
  for (const pause of analysis.pauses.filter(seen)) {
    const long = withUnit(pause.end_s - pause.start_s, 1, "s");
    const over = pause.end_s - pause.start_s > (analysis.guideline.targets.pause_max_s ?? Infinity);
    bar(
      plot,
      pause.start_s,
      pause.end_s,
      over ? "--bad" : "--quiet",
      `${pauseWords(pause.kind)} ${long}`,
    );
  }
  for (const v of analysis.ventilations.filter(seen)) {
    const volume = v.volume_ml === null ? "breath" : withUnit(v.volume_ml, 0, "mL");
    bar(plot, v.start_s, v.end_s, "--line-3", volume, 1);
  }
  for (const shock_s of analysis.shocks_s) bar(plot, shock_s, shock_s, "--bad", "shock", 1);
}

/** A span at the foot of the plot, with its words where they fit. */
function bar(
  plot: uPlot,
  start_s: number,
  end_s: number,
  name: string,
  words: string,
  row = 0,
): void {
  const { ctx, bbox } = plot;
  const px = devicePixelRatio;
  const x = plot.valToPos(start_s, "x", true);
  const end = Math.max(plot.valToPos(end_s, "x", true), x + 2 * px);
  if (end < bbox.left || x > bbox.left + bbox.width) return;
  const high = BAR_PX * px;
  const y = bbox.top + bbox.height - (row + 1) * high;
  ctx.fillStyle = colour(name, 0.12);
  if (row === 0) ctx.fillRect(x, bbox.top, end - x, bbox.height);
  ctx.fillStyle = colour(name, 0.28);
  ctx.fillRect(x, y, end - x, high - px);
  ctx.font = `${11 * px}px system-ui, sans-serif`;
  const from = Math.max(x, bbox.left);
  const room = Math.min(end, bbox.left + bbox.width) - from;
  if (ctx.measureText(words).width + 6 * px > room) return;
  ctx.fillStyle = colour("--ink");
  ctx.textBaseline = "middle";
  ctx.textAlign = "left"; // the axes leave it otherwise
  ctx.fillText(words, from + 3 * px, y + high / 2);
}

/** Time in which nothing was measured: hatched, so that no colour has to say it. */
function hatch(plot: uPlot, start_s: number, end_s: number, words: string): void {
  const { ctx, bbox } = plot;
  const px = devicePixelRatio;
  const x = Math.max(plot.valToPos(start_s, "x", true), bbox.left);
  const end = Math.min(
    Math.max(plot.valToPos(end_s, "x", true), x + 2 * px),
    bbox.left + bbox.width,
  );
  if (end <= x) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, bbox.top, end - x, bbox.height);
  ctx.clip();
  ctx.strokeStyle = colour("--edge");
  ctx.lineWidth = px;
  ctx.beginPath();
  for (let at = x - bbox.height; at < end; at += 8 * px) {
    ctx.moveTo(at, bbox.top + bbox.height);
    ctx.lineTo(at + bbox.height, bbox.top);
  }
  ctx.stroke();
  ctx.restore();
  bar(plot, start_s, end_s, "--quiet", words);
}

function paintCompressions(plot: uPlot, what: Painted): void {
  const { ctx, bbox } = plot;
  const px = devicePixelRatio;
  const { compressions, guideline } = what.analysis;
  const [from, to] = inSight(plot, compressions);
  const gap_px = bbox.width / Math.max(to - from, 1) / px;
  const worst = new Map<number, Look>();
  for (let i = from; i < to; i++) {
    const c = compressions[i];
    if (c === undefined) continue;
    const look = what.looks[i] ?? "unknown";
    const x = plot.valToPos(c.peak_s, "x", true);
    if (gap_px < CROWDED_PX) {
      const column = Math.round(x / (4 * px));
      const before = worst.get(column);
      if (before === undefined || RANK.indexOf(look) > RANK.indexOf(before))
        worst.set(column, look);
      if (!what.marked.has(c.index)) continue;
    }
    const y =
      c.depth_mm === null ? bbox.top + bbox.height / 2 : plot.valToPos(c.depth_mm, "y", true);
    mark(ctx, look, x, y + 7 * px, what.marked.has(c.index), c === what.current);
  }
  for (const [column, look] of worst) {
    ctx.fillStyle = colour(SIGNS[look].colour);
    const high = (3 + 3 * RANK.indexOf(look)) * px; // a worse one is taller: not in colour alone
    ctx.fillRect(column * 4 * px - 1.5 * px, bbox.top, 3 * px, high);
  }
  if (gap_px < CROWDED_PX && what.current?.depth_mm) {
    const y = plot.valToPos(what.current.depth_mm, "y", true);
    mark(
      ctx,
      lookOf(what.current, guideline.targets),
      plot.valToPos(what.current.peak_s, "x", true),
      y,
      false,
      true,
    );
  }
}

function mark(
  ctx: CanvasRenderingContext2D,
  look: Look,
  x: number,
  y: number,
  marked: boolean,
  current: boolean,
): void {
  const px = devicePixelRatio;
  ctx.strokeStyle = ctx.fillStyle = colour(SIGNS[look].colour);
  draw(ctx, SIGNS[look].shape, x, y, SIZE_PX * px);
  if (!marked && !current) return;
  ctx.strokeStyle = colour(current ? "--ink" : "--bad");
  ctx.lineWidth = 2 * px;
  ctx.beginPath();
  ctx.arc(x, y, (current ? 9 : 7) * px, 0, 2 * Math.PI);
  ctx.stroke();
}

/** The part of the list whose peaks are in sight. */
function inSight(plot: uPlot, rows: readonly Compression[]): [number, number] {
  const { min = 0, max = 0 } = plot.scales.x ?? {};
  const from = firstAfter(rows, (min ?? 0) - 1);
  return [from, firstAfter(rows, (max ?? 0) + 1)];
}

function firstAfter(rows: readonly Compression[], t_s: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.peak_s ?? 0) < t_s) low = middle + 1;
    else high = middle;
  }
  return low;
}

function paintDraft(plot: uPlot, draft: Draft): void {
  const { ctx, bbox } = plot;
  const px = devicePixelRatio;
  const x = plot.valToPos(draft.start_s, "x", true);
  const end = plot.valToPos(draft.end_s, "x", true);
  ctx.fillStyle = colour("--note", 0.2);
  ctx.fillRect(x, bbox.top, end - x, bbox.height);
  ctx.strokeStyle = colour("--note");
  ctx.lineWidth = 2 * px;
  ctx.strokeRect(x, bbox.top + px, end - x, bbox.height - 2 * px);
}
