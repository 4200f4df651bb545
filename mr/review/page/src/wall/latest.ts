/** The latest compressions of one rig, as they were told while they happened: so many, no more. */

import type { LiveRig } from "../lib/live-frames";

const MOST = 20;

export interface Told {
  /** Which compression of the session it is, from 1 on. */
  number: number;
  depth_mm: number | null;
  rate_cpm: number | null;
}

/** Add the newest compression when the count went up; another session begins anew. */
export function withLatest(
  kept: readonly Told[],
  before: LiveRig | null,
  now: LiveRig,
): readonly Told[] {
  const theirs = before?.recordingId === now.recordingId ? kept : [];
  if (now.compressions === (theirs[0]?.number ?? 0)) return theirs;
  const newest = {
    number: now.compressions,
    depth_mm: now.lastDepthMm,
    rate_cpm: now.rateCpm,
  };
  return [newest, ...theirs].slice(0, MOST);
}
