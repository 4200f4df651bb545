/**
 * The mannequin's chest in three dimensions, drawn on a canvas from measured numbers.
 *
 * The surface bends by the depth at the instant, about the compression point; the hands lie where
 * they were measured. What the chest itself looks like is a plain shape, not this mannequin's.
 * In mm: x to its left, y to its head, z up.
 */

import { colour } from "../chart/colours";

export interface Posture {
  depth_mm: number | null;
  hand_x_mm: number | null;
  hand_y_mm: number | null;
  target_low_mm: number;
  target_high_mm: number | null;
}

export interface Orbit {
  turn_rad: number;
  lift_rad: number;
}

type Point = readonly [x: number, y: number, z: number];
type Seen = readonly [x: number, y: number, far: number];

const WIDE_MM = 165; // half the chest
const LONG_MM = 190; // half of what is drawn of it
const HIGH_MM = 95;
const DENT_MM = 70; // how far about the point the chest gives way
const [COLUMNS, ROWS] = [28, 24];
const EYE_MM = 900;
const HEAD_MM = 85;
const HEAD_AT_MM = LONG_MM + 120;
const RING = 40; // points of a ring

export class Scene {
  constructor(
    private readonly ctx: CanvasRenderingContext2D,
    private width: number,
    private height: number,
  ) {}

  size(width: number, height: number): void {
    [this.width, this.height] = [width, height];
  }

  draw(posture: Posture, orbit: Orbit): void {
    const { ctx } = this;
    ctx.clearRect(0, 0, this.width, this.height);
    const see = this.#eye(orbit);
    const depth = Math.max(posture.depth_mm ?? 0, -10);
    this.#head(see);
    this.#chest(see, depth, posture.depth_mm !== null);
    this.#rings(see, posture);
    this.#hands(see, posture, depth);
  }

  /** Turn and project a point. */
  #eye({ turn_rad, lift_rad }: Orbit): (p: Point) => Seen {
    const [ct, st] = [Math.cos(turn_rad), Math.sin(turn_rad)];
    const [cl, sl] = [Math.cos(lift_rad), Math.sin(lift_rad)];
    const scale = Math.min(this.width, this.height * 1.25) / 500;
    return ([x, y, z]) => {
      const [u, v] = [x * ct - y * st, x * st + y * ct];
      const far = v * cl - z * sl;
      const up = v * sl + z * cl;
      const near = EYE_MM / (EYE_MM + far);
      return [this.width / 2 + u * near * scale, this.height * 0.62 - up * near * scale, far];
    };
  }

  /** Where the head is: a ball of lines, and the word. */
  #head(see: (p: Point) => Seen): void {
    const { ctx } = this;
    ctx.strokeStyle = colour("--edge");
    ctx.lineWidth = 1;
    for (const z_mm of [-50, 0, 50]) {
      const r_mm = Math.sqrt(HEAD_MM ** 2 - z_mm ** 2);
      ctx.beginPath();
      for (let k = 0; k <= RING; k++) {
        const angle = (2 * Math.PI * k) / RING;
        const [x, y] = see([
          r_mm * Math.cos(angle),
          HEAD_AT_MM + r_mm * Math.sin(angle),
          30 + z_mm,
        ]);
        ctx.lineTo(x, y);
      }
      ctx.stroke();
    }
    const [x, y] = see([0, HEAD_AT_MM, 30 + HEAD_MM]);
    ctx.fillStyle = colour("--quiet");
    ctx.font = "12px system-ui, sans-serif";
    ctx.textAlign = "center";
    ctx.fillText("head", x, y - 4);
  }

  #chest(see: (p: Point) => Seen, depth_mm: number, known: boolean): void {
    const at = (i: number, j: number): Point => {
      const x = WIDE_MM * ((2 * i) / COLUMNS - 1);
      const y = LONG_MM * ((2 * j) / ROWS - 1);
      return [x, y, surface_mm(x, y, depth_mm)];
    };
    const quads: { corners: Seen[]; far: number; light: number }[] = [];
    for (let i = 0; i < COLUMNS; i++)
      for (let j = 0; j < ROWS; j++) {
        const points = [at(i, j), at(i + 1, j), at(i + 1, j + 1), at(i, j + 1)] as const;
        const corners = points.map(see);
        const far = corners.reduce((sum, corner) => sum + corner[2], 0);
        quads.push({ corners, far, light: lightOf(points[0], points[1], points[3]) });
      }
    quads.sort((a, b) => b.far - a.far);
    const { ctx } = this;
    const skin = known ? colour("--accent") : colour("--quiet");
    const ground = colour("--paper");
    for (const { corners, light } of quads) {
      ctx.beginPath();
      for (const [x, y] of corners) ctx.lineTo(x, y);
      ctx.closePath();
      ctx.globalAlpha = 1;
      ctx.fillStyle = ground;
      ctx.fill();
      ctx.globalAlpha = 0.2 + 0.6 * light;
      ctx.fillStyle = ctx.strokeStyle = skin;
      ctx.fill();
      ctx.globalAlpha = 0.25;
      ctx.lineWidth = 0.6;
      ctx.stroke();
    }
    ctx.globalAlpha = 1;
  }

  /** The compression point at rest, and how deep it is to go. */
  #rings(see: (p: Point) => Seen, posture: Posture): void {
    const top = surface_mm(0, 0, 0);
    this.#ring(see, 24, top, "--quiet", [3, 3]);
    for (const target of [posture.target_low_mm, posture.target_high_mm])
      if (target !== null) this.#ring(see, 24, top - target, "--good", []);
  }

  #ring(see: (p: Point) => Seen, r_mm: number, z_mm: number, name: string, dash: number[]): void {
    const { ctx } = this;
    ctx.beginPath();
    for (let k = 0; k <= RING; k++) {
      const [x, y] = see([
        r_mm * Math.cos((2 * Math.PI * k) / RING),
        r_mm * Math.sin((2 * Math.PI * k) / RING),
        z_mm,
      ]);
      ctx.lineTo(x, y);
    }
    ctx.setLineDash(dash);
    ctx.strokeStyle = colour(name);
    ctx.lineWidth = 2;
    ctx.stroke();
    ctx.setLineDash([]);
  }

  /** The heel of the hand as a disc on the chest, where it was measured. */
  #hands(see: (p: Point) => Seen, posture: Posture, depth_mm: number): void {
    const { hand_x_mm: x, hand_y_mm: y } = posture;
    if (x === null || y === null) return;
    const { ctx } = this;
    const z = surface_mm(x, y, depth_mm) + 6;
    ctx.beginPath();
    for (let k = 0; k <= RING; k++) {
      const angle = (2 * Math.PI * k) / RING;
      const [px, py] = see([x + 42 * Math.cos(angle), y + 26 * Math.sin(angle), z]);
      ctx.lineTo(px, py);
    }
    ctx.fillStyle = colour("--line-2", 0.55);
    ctx.strokeStyle = colour("--line-2");
    ctx.lineWidth = 2;
    ctx.fill();
    ctx.stroke();
  }
}

/** How high the chest is at a place, pressed in by so much at its point. */
function surface_mm(x: number, y: number, depth_mm: number): number {
  const across = Math.sqrt(Math.max(0, 1 - (x / (WIDE_MM * 1.04)) ** 2));
  const rest = HIGH_MM * across * (1 - 0.12 * (y / LONG_MM) ** 2);
  return rest - depth_mm * Math.exp(-(x * x + y * y) / (2 * DENT_MM * DENT_MM));
}

/** How much a patch faces the light, 0 to 1. */
function lightOf(a: Point, b: Point, c: Point): number {
  const [ux, uy, uz] = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
  const [vx, vy, vz] = [c[0] - a[0], c[1] - a[1], c[2] - a[2]];
  const normal = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx] as const;
  const length = Math.hypot(...normal) || 1;
  return Math.max(0, (-0.35 * normal[0] + 0.35 * normal[1] + 0.87 * normal[2]) / length);
}
