/**
 * The analysis of a session (`mrcpr.analysis/2`) as the page reads it.
 *
 * Its numbers are shown as they are; what is said of them in words is made here.
 */

import { known, type Maybe } from "./numbers";

export type Whys = Record<string, string>;

export interface Compression {
  index: number;
  onset_s: number;
  peak_s: number;
  release_s: number;
  depth_mm: number | null;
  depth_sigma_mm: number | null;
  release_depth_mm: number | null;
  release_depth_sigma_mm: number | null;
  rate_cpm: number | null;
  rate_sigma_cpm: number | null;
  release_force_n: number | null;
  force_peak_n: number | null;
  hand_x_mm: number | null;
  hand_y_mm: number | null;
  why: Whys;
}

export interface Ventilation {
  start_s: number;
  end_s: number;
  volume_ml: number | null;
  volume_sigma_ml: number | null;
  inspiration_s: number | null;
  why: Whys;
}

export interface Span {
  start_s: number;
  end_s: number;
}

export interface Pause extends Span {
  kind: string;
}

export interface Targets {
  depth_low_mm: number;
  depth_high_mm: number | null;
  rate_low_cpm: number;
  rate_high_cpm: number;
  release_max_mm: number;
  release_max_n: number | null;
  recoil_criterion: string;
  hand_offset_max_mm: number;
  ccf_min_pct: number | null;
  pause_max_s: number | null;
  volume_low_ml: number | null;
  volume_high_ml: number | null;
}

export interface Deduction {
  what: string;
  index: number | null;
  at_s: number | null;
  points: number;
  reason: string;
}

export interface Item {
  key: string;
  label: string;
  weight_pct: number;
  value_pct: number | null;
  in_target_pct: number | null;
  points_lost: number | null;
  reason: string;
  deductions: Deduction[];
}

export interface Cycle {
  index: number;
  start_s: number;
  n_compressions: number;
  points_lost: Record<string, number>;
}

export interface Check {
  key: string;
  label: string;
  least_pct: number;
  value_pct: number | null;
  verdict: string;
}

export interface Drift {
  topic: string;
  subject: string;
  value: number;
  sigma: number | null;
  unit: string;
  level: string;
  words: string;
}

export interface Health {
  stream: string;
  state: string;
  rate_hz: number | null;
  lost: number | null;
  why: string;
}

export interface Analysis {
  software: string;
  source: {
    name: string;
    kind: string;
    simulated: boolean;
    recording_id: string | null;
    made_utc: string | null;
    recorded_by: string | null;
    why_incomplete: string;
    assumptions: string[];
    rig: {
      name: string;
      sha256: string;
      made_utc: string;
      mannequin_serial: string | null;
      camera_serials: string[];
    } | null;
    health: Health[];
  };
  guideline: {
    id: string;
    title: string;
    version: number;
    sha256: string;
    mode: string;
    rescuers: number;
    targets: Targets;
    definitions: { min_excursion_mm: number | null; pause_threshold_s: number };
    sources: Record<string, { source: string; standing: string }>;
  };
  compressions: Compression[];
  ventilations: Ventilation[];
  pauses: Pause[];
  shocks_s: number[];
  unmeasured: Span[];
  summary: Record<string, number | null> & { why: Whys; duration_s: number };
  score: {
    value_pct: number | null;
    interval_low_pct: number | null;
    interval_high_pct: number | null;
    items: Item[];
    cycles: Cycle[];
    missing: string[];
  };
  assessment: { verdict: string; title: string; locked: boolean; checks: Check[] } | null;
  drift?: Drift[];
  corrected?: { offset_s: number; sha256: string; corrections: object };
}

export type Verdict = "ok" | "low" | "high" | "unknown";

/** Where a value lies to its band: to a tenth, as it is shown and scored. */
export function judged(value: Maybe, low: number, high: number | null): Verdict {
  if (!known(value)) return "unknown";
  const shown = Number(value.toFixed(1));
  if (shown < low) return "low";
  return high !== null && shown > high ? "high" : "ok";
}

/** What is left at a release, by the one criterion that judged it. */
export function left(c: Compression, t: Targets): Verdict {
  const byForce = t.recoil_criterion === "force" && t.release_max_n !== null;
  return byForce
    ? judged(c.release_force_n, -Infinity, t.release_max_n)
    : judged(c.release_depth_mm, -Infinity, t.release_max_mm);
}

export function handOffset_mm(c: Compression): number | null {
  return known(c.hand_x_mm) && known(c.hand_y_mm) ? Math.hypot(c.hand_x_mm, c.hand_y_mm) : null;
}

export type Look = "ok" | "shallow" | "deep" | "leaning" | "unknown";

/** The one word by which a compression is marked: depth first, then its release. */
export function lookOf(c: Compression, t: Targets): Look {
  const depth = judged(c.depth_mm, t.depth_low_mm, t.depth_high_mm);
  if (depth === "low") return "shallow";
  if (depth === "high") return "deep";
  if (left(c, t) === "high") return "leaning";
  return depth === "unknown" ? "unknown" : "ok";
}

export const LOOKS: Record<Look, string> = {
  ok: "right",
  shallow: "too shallow",
  deep: "too deep",
  leaning: "not released fully",
  unknown: "not judged",
};

/** All that was not right with a compression, in words; empty: nothing. */
export function faults(c: Compression, t: Targets): string[] {
  const depth = judged(c.depth_mm, t.depth_low_mm, t.depth_high_mm);
  const rate = judged(c.rate_cpm, t.rate_low_cpm, t.rate_high_cpm);
  const hand = judged(handOffset_mm(c), 0, t.hand_offset_max_mm);
  return [
    depth === "low" && "too shallow",
    depth === "high" && "too deep",
    left(c, t) === "high" && "not released fully",
    rate === "low" && "too slow",
    rate === "high" && "too fast",
    hand === "high" && "hands off the mark",
  ].filter((words): words is string => words !== false);
}

export function wordsOf(c: Compression, t: Targets): string {
  return faults(c, t).join(", ") || LOOKS[lookOf(c, t)];
}

/** What to do about an item that lost points, by what most of its deductions say. */
const ADVICE: Record<string, (reasons: string) => string> = {
  depth: (reasons) =>
    more(reasons, "too deep", "too shallow") ? "Press less deep" : "Press deeper",
  rate: (reasons) => (more(reasons, "too fast", "too slow") ? "Go a little slower" : "Go faster"),
  recoil: () => "Let the chest come all the way up",
  flow: () => "Keep the hands off for less time",
  hands: () => "Put the hands on the mark",
  ventilation: (reasons) =>
    more(reasons, "too much", "too little")
      ? "Give smaller breaths"
      : "Give the breaths their volume and time",
};

function more(text: string, one: string, other: string): boolean {
  return text.split(one).length > text.split(other).length;
}

const WORTH_SAYING = 0.5; // points

export interface Advice {
  item: Item;
  words: string;
}

/** What to change first: the one or two items that cost most. */
export function changeFirst(analysis: Analysis, most = 2): Advice[] {
  return analysis.score.items
    .filter((item) => (item.points_lost ?? 0) >= WORTH_SAYING)
    .sort((a, b) => (b.points_lost ?? 0) - (a.points_lost ?? 0))
    .slice(0, most)
    .map((item) => {
      const reasons = item.deductions.map((d) => d.reason).join("; ") || item.reason;
      return { item, words: ADVICE[item.key]?.(reasons) ?? `Work on: ${item.label.toLowerCase()}` };
    });
}

/** The index in the list of the compression whose peak is nearest to an instant; -1: none. */
export function nearestCompression(rows: readonly Compression[], at_s: number): number {
  let [low, high] = [0, rows.length - 1];
  if (high < 0) return -1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.peak_s ?? 0) < at_s) low = middle + 1;
    else high = middle;
  }
  const before = Math.max(low - 1, 0);
  const [a, b] = [rows[before]?.peak_s ?? 0, rows[low]?.peak_s ?? 0];
  return Math.abs(a - at_s) <= Math.abs(b - at_s) ? before : low;
}

export const PAUSES: Record<string, string> = {
  ventilation: "breaths",
  hands_off: "hands off",
  hands_resting: "hands resting",
  shock: "shock",
};

export function pauseWords(kind: string): string {
  return PAUSES[kind] ?? kind.replaceAll("_", " ");
}
