/** The words of the wall: how a rig stands, whether a number is right, who trains. */

import type { LiveRig, Targets } from "../lib/live-frames";
import { clock, known, NOT_MEASURED, withUnit } from "../lib/numbers";
import type { BadgeKind } from "../parts/badge";
import type { RigStatus } from "./feed.svelte";

export const DURATIONS = [
  ["30", "30 s"],
  ["60", "1 min"],
  ["120", "2 min"],
  ["300", "5 min"],
  ["600", "10 min"],
  ["", "Until stopped"],
] as const;
export const LONG_PAUSE_S = 3;

export type Names = "full" | "first" | "ids";
export const NAMES = [
  ["full", "Names"],
  ["first", "First names"],
  ["ids", "No names"],
] as const;

export function nameOf(learner: { name: string; learner_id: string } | null, how: Names): string {
  if (learner === null) return "";
  if (how === "ids") return learner.learner_id.replace("learner-", "#");
  return how === "first" ? (learner.name.split(/\s+/)[0] ?? "") : learner.name;
}

/** A number against its target: a word, a shape, a tone. */
export interface Verdict {
  kind: BadgeKind;
  words: string;
}

export function depthVerdict(depth_mm: number | null, targets: Targets | null): Verdict | null {
  if (depth_mm === null || targets === null) return null;
  const shown = Math.round(depth_mm * 10) / 10;
  if (shown < targets.depthLowMm) return { kind: "low", words: "Too shallow" };
  if (targets.depthHighMm !== null && shown > targets.depthHighMm)
    return { kind: "high", words: "Too deep" };
  return { kind: "ok", words: "Good" };
}

export function rateVerdict(rate_cpm: number | null, targets: Targets | null): Verdict | null {
  if (rate_cpm === null || targets === null) return null;
  if (rate_cpm < targets.rateLowCpm) return { kind: "low", words: "Too slow" };
  if (rate_cpm > targets.rateHighCpm) return { kind: "high", words: "Too fast" };
  return { kind: "ok", words: "Good" };
}

type Result = { recording_id: string; state: string } | null;

/** How many compressions of a rig's session no analysis has judged yet. */
export function unjudged(live: LiveRig | null, result: Result): number {
  if (live === null || live.presence !== "here" || live.phase === "idle") return 0;
  const judged = result?.recording_id === live.recordingId && result.state !== "waiting";
  return judged ? 0 : live.compressions;
}

export interface Standing {
  kind: "idle" | "ready" | "going" | "done" | "lost";
  words: string;
}

const PHASES: Readonly<Record<string, string>> = {
  waiting: "Waiting to begin",
  compressing: "Compressing",
  ventilating: "Breaths",
  paused: "Pause",
};
const RIG_STATES: Readonly<Record<RigStatus["state"], string>> = {
  ready: "Ready",
  starting: "Starting",
  training: "Training",
  finishing: "Finishing",
  refused: "Could not start",
};

export function timeOfDay(ms: number): string {
  return new Date(ms).toLocaleTimeString("en-GB");
}

/** How a rig stands, in words. */
export function standing(live: LiveRig | null, status: RigStatus | null): Standing {
  if (live === null || live.presence === "never") return { kind: "idle", words: "Not here yet" };
  if (live.presence === "lost") {
    const since = live.sinceMs === null ? "" : ` since ${timeOfDay(live.sinceMs)}`;
    return { kind: "lost", words: `LOST${since}` };
  }
  const state = status?.state ?? "ready";
  if (state === "training" && live.phase in PHASES)
    return { kind: "going", words: PHASES[live.phase] ?? "" };
  if (state === "finishing" || live.phase === "finished")
    return {
      kind: "done",
      words: state === "starting" ? "Starting" : state === "ready" ? "Finished" : "Finishing",
    };
  return { kind: state === "starting" ? "going" : "ready", words: RIG_STATES[state] };
}

/** A session goes on there; of a rig that is lost, that one did when it was heard last. */
export function inSession(status: RigStatus | null): boolean {
  return status?.state === "training" || status?.state === "starting";
}

export function isGoing(status: RigStatus | null, live: LiveRig | null): boolean {
  return live?.presence === "here" && inSession(status);
}

function reading(what: string, value: string, verdict: Verdict | null): string {
  return `${what} ${[value, verdict?.words.toLowerCase()].filter(Boolean).join(", ")}`;
}

/** What a rig's trace shows now, in words. */
export function traceWords(name: string, live: LiveRig | null, status: RigStatus | null): string {
  const stands = standing(live, status);
  const head = `${name ? `${name}: ` : ""}${stands.words}`;
  if (live === null || stands.kind === "idle") return `${head}. No rate and no depth yet`;
  const { rateCpm, lastDepthMm, targets } = live;
  const going = isGoing(status, live);
  const rate = known(rateCpm) ? withUnit(rateCpm, 0, "per minute") : NOT_MEASURED;
  const depth = known(lastDepthMm) ? withUnit(lastDepthMm, 0, "mm") : NOT_MEASURED;
  const said = [
    reading("rate", rate, going ? rateVerdict(rateCpm, targets) : null),
    reading("depth", depth, going ? depthVerdict(lastDepthMm, targets) : null),
  ];
  return `${head}. The last 8 seconds: ${said.join("; ")}`;
}

/** What ails a rig, worst first; empty when nothing does. */
export function healthWords(status: RigStatus | null): {
  kind: BadgeKind;
  words: string;
  why: string;
} {
  const ill = (status?.health ?? []).filter(
    (one) => one.state === "lost" || one.state === "degraded",
  );
  const worst = ill.find((one) => one.state === "lost") ?? ill[0];
  if (worst !== undefined)
    return {
      kind: worst.state === "lost" ? "lost" : "low",
      words: `${worst.stream} ${worst.state}`,
      why: worst.why,
    };
  const concern = status?.concerns[0];
  if (concern !== undefined) return { kind: "low", words: "Rig needs care", why: concern };
  return { kind: "ok", words: "Rig OK", why: "" };
}

export function elapsed(live: LiveRig | null): string {
  return clock(live?.elapsedS ?? null);
}
