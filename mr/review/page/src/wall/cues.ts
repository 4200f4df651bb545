/** What is wrong now, in words: the cues of `overlays/messages_en.toml`, which a test compares. */

export const CUES: Readonly<Record<string, string>> = {
  push_deeper: "Push deeper",
  push_less: "Push a little less",
  faster: "Push faster",
  slower: "Push slower",
  let_it_rise: "Let the chest rise fully",
  move_hands: "Move your hands into the ring",
  hands_on_chest: "Put your hands on the chest",
  breathe: "Give a breath now",
  breathe_n: "Give {n} breaths now",
  resume: "Go on pushing now",
  keep_going: "Keep going",
  very_good: "Very good, keep going",
  good_release: "Good, the chest rises fully now",
  good_hands: "Good, your hands are right now",
  good_depth: "Good depth now",
  good_rate: "Good rate now",
  straighten_arms: "Straighten your arms",
  shoulders_over: "Shoulders over your hands",
  swap_soon: "Swap with your partner in",
  swap: "Swap with your partner now",
  start_when_ready: "Start when you are ready",
  finished: "Finished, thank you",
  sensor_lost: "A sensor is lost, keep going",
  lesson_release: "Next time, let the chest rise",
  lesson_hands: "Next time, hands in the ring",
  lesson_shallow: "Next time, push deeper",
  lesson_deep: "Next time, push a little less",
  lesson_fast: "Next time, push slower",
  lesson_slow: "Next time, push faster",
  lesson_good: "Well done, do it like that again",
};

const SIGNS: Readonly<Record<string, string>> = {
  push_deeper: "▼",
  push_less: "▲",
  let_it_rise: "▲",
  faster: "▲",
  slower: "▼",
};
const BY_SEVERITY = { "": "", good: "✓", hint: "●", warning: "!" } as const;

export function cueWords(key: string): string {
  return CUES[key] ?? key.replaceAll("_", " ");
}

/** A direction where the cue has one, else the shape of its severity. */
export function cueSign(key: string, severity: keyof typeof BY_SEVERITY): string {
  return SIGNS[key] ?? BY_SEVERITY[severity];
}
