/** The last seconds of one rig's motion: a ring of fixed size, so that a day's wall takes no more. */

export const SPAN_S = 8;
const KEPT = 2048; // 10 s at 200 Hz

export class Ring {
  readonly t_s = new Float64Array(KEPT);
  readonly depth_mm = new Float32Array(KEPT);
  readonly rate_cpm = new Float32Array(KEPT);
  /** Rows that ever came: row `n` lies at `n % KEPT`. */
  end = 0;

  get first(): number {
    return Math.max(0, this.end - KEPT);
  }

  at(row: number): number {
    return row % KEPT;
  }

  clear(): void {
    this.end = 0;
  }

  /**
   * Take rows in, with the rate as it was told with them; unknown is a gap.
   *
   * Another session's clock begins the ring anew. Tells whether it did.
   */
  add(t_s: Float64Array, depth_mm: Float32Array, rate_cpm: number | null): boolean {
    const first_s = t_s[0];
    if (first_s === undefined) return false;
    const last_s = this.end > 0 ? (this.t_s[this.at(this.end - 1)] ?? 0) : first_s;
    const anew = first_s < last_s || first_s > last_s + SPAN_S;
    if (anew) this.clear();
    for (const [k, at_s] of t_s.entries()) {
      const place = this.at(this.end);
      this.t_s[place] = at_s;
      this.depth_mm[place] = depth_mm[k] ?? NaN;
      this.rate_cpm[place] = rate_cpm ?? NaN;
      this.end += 1;
    }
    return anew;
  }
}
