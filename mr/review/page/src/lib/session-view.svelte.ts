/** What the parts of a session's page share: its analysis, the stretch shown, the instant, what is marked. */

import { type Analysis, type Compression, type Look, lookOf, nearestCompression } from "./analysis";
import { Viewport } from "./viewport.svelte";

/** A stretch that is about to be corrected; seconds of the analysis that is shown. */
export interface Draft {
  start_s: number;
  end_s: number;
}

const CLOSE_S = 3; // how much is shown on either side of what is zoomed to

export class SessionView {
  readonly viewport: Viewport;
  /** The instant of the replay: where the cursor was last, or where it plays. */
  now_s = $state(0);
  playing = $state(false);
  /** Indices of the compressions that are marked: those that cost points. */
  marked = $state.raw<ReadonlySet<number>>(new Set());
  markedWhy = $state("");
  draft = $state<Draft | null>(null);
  /** Whether a correction is being made. */
  editing = $state(false);
  /** Counts the corrections that were sent from here. */
  sent_n = $state(0);
  /** Counts how often somebody asked to be shown a stretch: the timeline comes into sight then. */
  asked_n = $state(0);
  /** The place in the list of the compression that the cursor is at. */
  readonly at = $derived.by(() => nearestCompression(this.analysis.compressions, this.now_s));

  /** By their place in the list: judging thousands anew for each frame would show. */
  readonly looks: readonly Look[];

  constructor(readonly analysis: Analysis) {
    this.looks = analysis.compressions.map((c) => lookOf(c, analysis.guideline.targets));
    const [first, last] = this.bounds_s;
    this.viewport = new Viewport(first, last);
    this.now_s = analysis.compressions[0]?.peak_s ?? first;
  }

  /** The whole: what is judged, and what was recorded close around it. */
  get bounds_s(): [number, number] {
    const { compressions, summary } = this.analysis;
    const first = Math.min(0, compressions[0]?.onset_s ?? 0);
    return [first - 0.5, Math.max(summary.duration_s, compressions.at(-1)?.release_s ?? 0) + 0.5];
  }

  /** By how much later the shown analysis begins than the original. */
  get offset_s(): number {
    return this.analysis.corrected?.offset_s ?? 0;
  }

  get current(): Compression | null {
    return this.analysis.compressions[this.at] ?? null;
  }

  seek(t_s: number): void {
    const [first, last] = this.viewport.whole_s;
    this.now_s = Math.min(Math.max(t_s, first), last);
    this.viewport.point(this.now_s);
  }

  /** Go to the next compression, or the one before. */
  step(by: number): void {
    const rows = this.analysis.compressions;
    const to = rows[Math.min(Math.max(this.at + by, 0), rows.length - 1)];
    if (to) this.seek(to.peak_s);
  }

  zoomTo(from_s: number, to_s: number): void {
    this.viewport.show(from_s - CLOSE_S, to_s + CLOSE_S);
    this.seek(from_s);
    this.asked_n += 1;
  }

  /** Begin to correct, at the timeline; or leave it. */
  edit(on: boolean): void {
    this.editing = on;
    if (on) this.asked_n += 1;
    else this.draft = null;
  }

  mark(indices: Iterable<number>, why: string): void {
    this.marked = new Set(indices);
    this.markedWhy = why;
  }

  unmark(): void {
    this.mark([], "");
  }
}
