/** Words for what a correction is and does. */

export const CORRECTION_STATES: Record<string, string> = {
  waiting: "being computed",
  proposed: "proposed, does not count",
  counts: "counts",
  replaced: "replaced by a later one",
  withdrawn: "withdrawn",
  failed: "not possible",
};

export const BECOMES: Record<string, string> = {
  ventilation: "a pause for breaths",
  hands_off: "a pause, hands off",
  hands_resting: "a pause, hands resting",
  excused: "excused: not judged",
};
