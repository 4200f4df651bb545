/** Fingers on a chart: one moves the view, two zoom it, a tap points. Up and down moves the page. */

import type { Viewport } from "../../lib/viewport.svelte";

interface Finger {
  /** Where it is, as a share of the chart's width. */
  at: number;
  /** The instant under it when it came down, which it takes along. */
  t_s: number;
}

const TAP_PX = 8;
const LEAST_APART = 0.03;

/** Move and zoom a viewport by fingers; `tapped` hears where one came and went, as a share. */
export function hearFingers(
  over: HTMLElement,
  viewport: Viewport,
  tapped: (at: number) => void,
): void {
  const fingers = new Map<number, Finger>();
  let tap: { x_px: number } | null = null;

  const shareOf = (event: PointerEvent) => {
    const box = over.getBoundingClientRect();
    return (event.clientX - box.left) / box.width;
  };

  /** Let each finger hold what is under it now. */
  function hold(): void {
    for (const finger of fingers.values())
      finger.t_s = viewport.from_s + finger.at * viewport.span_s;
  }

  function follow(): void {
    const [one, other] = [...fingers.values()];
    if (one === undefined) return;
    const apart = other === undefined ? 0 : other.at - one.at;
    const zooms = other !== undefined && Math.abs(apart) >= LEAST_APART;
    const span_s = zooms ? (other.t_s - one.t_s) / apart : viewport.span_s;
    if (!(span_s > 0)) return; // they have passed each other
    const from_s = one.t_s - one.at * span_s;
    viewport.show(from_s, from_s + span_s);
  }

  over.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    tap = fingers.size === 0 ? { x_px: event.clientX } : null;
    fingers.set(event.pointerId, { at: shareOf(event), t_s: 0 });
    hold();
  });
  over.addEventListener("pointermove", (event) => {
    const finger = fingers.get(event.pointerId);
    if (finger === undefined) return;
    finger.at = shareOf(event);
    if (tap !== null && Math.abs(event.clientX - tap.x_px) <= TAP_PX) return;
    tap = null;
    follow();
  });
  const lift = (event: PointerEvent) => {
    const finger = fingers.get(event.pointerId);
    fingers.delete(event.pointerId);
    hold();
    if (finger !== undefined && tap !== null && event.type === "pointerup") tapped(finger.at);
    tap = null;
  };
  over.addEventListener("pointerup", lift);
  over.addEventListener("pointercancel", lift); // the browser scrolls the page instead
}
