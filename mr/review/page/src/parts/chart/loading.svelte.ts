/** Data for what a chart shows: asked once the viewport rests, more widely than shown, stale answers dropped. */

import { left, wordsOf } from "../../lib/api";
import type { Loader, Trace } from "./trace";

const REST_MS = 90;
const MARGIN = 0.5; // of the stretch shown, on either side: a small move needs no new data
const COARSEST = 2; // how many times fewer points than pixels are still good enough

interface Held {
  from_s: number;
  to_s: number;
  points: number;
  trace: Trace;
}

export class Loading {
  #held = $state.raw<Held | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked: AbortController | null = null;
  busy = $state(false);
  failed = $state<string | null>(null);

  constructor(readonly load: Loader) {}

  get trace(): Trace | null {
    return this.#held?.trace ?? null;
  }

  /** See to it that this stretch is here, within the whole. */
  want(from_s: number, to_s: number, points: number, whole_s: readonly [number, number]): void {
    clearTimeout(this.#timer);
    if (this.#has(from_s, to_s, points)) return;
    const ask = () => {
      const margin_s = (to_s - from_s) * MARGIN;
      const from = Math.max(from_s - margin_s, whole_s[0]);
      const to = Math.min(to_s + margin_s, whole_s[1]);
      const share = (to - from) / (to_s - from_s);
      void this.#ask(from, to, Math.round(points * share));
    };
    if (this.#held === null && this.#asked === null) ask();
    else this.#timer = setTimeout(ask, REST_MS);
  }

  /** Forget that it failed and ask again. */
  again(from_s: number, to_s: number, points: number, whole_s: readonly [number, number]): void {
    this.#asked = null;
    this.want(from_s, to_s, points, whole_s);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#asked?.abort();
  }

  #has(from_s: number, to_s: number, points: number): boolean {
    const held = this.#held;
    if (held === null || from_s < held.from_s || to_s > held.to_s) return false;
    const density = held.points / (held.to_s - held.from_s);
    return held.trace.exact || density * (to_s - from_s) * COARSEST >= points;
  }

  async #ask(from_s: number, to_s: number, points: number): Promise<void> {
    this.#asked?.abort();
    const asked = new AbortController();
    this.#asked = asked;
    this.busy = true;
    this.failed = null;
    try {
      const trace = await this.load(from_s, to_s, points, asked.signal);
      if (this.#asked === asked) this.#held = { from_s, to_s, points, trace };
    } catch (error) {
      if (this.#asked === asked && !left(error)) this.failed = wordsOf(error);
    } finally {
      if (this.#asked === asked) this.busy = false;
    }
  }
}
