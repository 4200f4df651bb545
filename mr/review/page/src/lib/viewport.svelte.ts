/** The stretch of time that several charts show together, and the instant they point at. */

const ZOOM_STEP = 1.6;
const SHORTEST_S = 0.2;

export class Viewport {
  /** All there is to see. */
  readonly whole_s: readonly [from: number, to: number];
  #shown_s = $state.raw<readonly [from: number, to: number]>([0, 1]);
  cursor_s = $state<number | null>(null);

  constructor(from_s: number, to_s: number) {
    this.whole_s = [from_s, Math.max(to_s, from_s + SHORTEST_S)];
    this.#shown_s = this.whole_s;
  }

  get from_s(): number {
    return this.#shown_s[0];
  }

  get to_s(): number {
    return this.#shown_s[1];
  }

  get span_s(): number {
    return this.to_s - this.from_s;
  }

  get isWhole(): boolean {
    return this.from_s === this.whole_s[0] && this.to_s === this.whole_s[1];
  }

  /** Show this stretch: kept within the whole, never shorter than a fifth of a second. */
  show(from_s: number, to_s: number): void {
    const [first, last] = this.whole_s;
    const least = Math.min(SHORTEST_S, last - first);
    const span = Math.min(Math.max(to_s - from_s, least), last - first);
    const middle = (from_s + to_s) / 2;
    const from = Math.min(Math.max(middle - span / 2, first), last - span);
    this.#shown_s = [from, span === last - first ? last : from + span];
  }

  /** Zoom by steps (negative: out) about an instant, which stays where it is. */
  zoom(steps: number, about_s: number = this.cursor_s ?? (this.from_s + this.to_s) / 2): void {
    const share = (about_s - this.from_s) / this.span_s;
    const span = Math.max(this.span_s / ZOOM_STEP ** steps, SHORTEST_S);
    this.show(about_s - share * span, about_s + (1 - share) * span);
  }

  /** Move by a share of what is shown. */
  pan(share: number): void {
    const by_s = this.span_s * share;
    this.show(this.from_s + by_s, this.to_s + by_s);
  }

  all(): void {
    this.#shown_s = this.whole_s;
  }

  /** Point at an instant; the stretch follows when it is outside. */
  point(t_s: number | null): void {
    if (t_s === null) {
      this.cursor_s = null;
      return;
    }
    const at = Math.min(Math.max(t_s, this.whole_s[0]), this.whole_s[1]);
    this.cursor_s = at;
    const half = this.span_s / 2;
    if (at < this.from_s || at > this.to_s) this.show(at - half, at + half);
  }
}
