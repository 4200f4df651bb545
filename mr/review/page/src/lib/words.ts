/** Words for what the catalogue keeps as keys. */

export const ATTEMPTS: Record<string, string> = {
  cold: "cold attempt",
  practice: "practice",
  retest: "cold retest",
  assessment: "assessment",
};

export const MODES: Record<string, string> = {
  "hands-only": "hands only",
  "30:2": "30:2",
  "15:2": "15:2",
  continuous: "continuous, with breaths",
  "ventilation-only": "breaths only",
};

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
