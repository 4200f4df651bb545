/** Light or dark: the system's, or the one chosen on this device. */

import { flushSync } from "svelte";

export type Look = "system" | "light" | "dark";

const KEY = "mrcpr-look"; // also read by before-paint.js
const system = window.matchMedia("(prefers-color-scheme: dark)");

function stored(): Look {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system"; // storage is switched off
  }
}

class Looks {
  #chosen = $state<Look>(stored());
  #printing = $state(false);
  #systemDark = $state(system.matches);

  constructor() {
    system.addEventListener("change", (event) => (this.#systemDark = event.matches));
    window.addEventListener("beforeprint", () => this.#print(true));
    window.addEventListener("afterprint", () => this.#print(false));
  }

  get dark(): boolean {
    if (this.#printing) return false;
    return this.#chosen === "system" ? this.#systemDark : this.#chosen === "dark";
  }

  /** Paper is light: what is drawn is drawn anew for it. */
  #print(on: boolean): void {
    this.#printing = on;
    if (on) document.documentElement.dataset.theme = "light";
    else this.chosen = this.#chosen;
    flushSync();
  }

  get chosen(): Look {
    return this.#chosen;
  }

  set chosen(look: Look) {
    this.#chosen = look;
    if (look === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = look;
    try {
      localStorage.setItem(KEY, look);
    } catch {
      // Storage is switched off: the choice lasts until the page is left.
    }
  }
}

export const looks = new Looks();
