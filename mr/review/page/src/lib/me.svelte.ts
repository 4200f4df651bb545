/** Who is signed in on this device. */

import { api, carry } from "./api";
import type { components } from "./api-types";

export type Role = components["schemas"]["Role"];
export type Me = components["schemas"]["Me"];
export type Person = components["schemas"]["Person"];

class SignedIn {
  #me = $state.raw<Me | null>(null);
  #stale = false;

  get asked(): boolean {
    return this.#me !== null;
  }

  get setupNeeded(): boolean {
    return this.#me?.setup_needed ?? false;
  }

  get person(): Person | null {
    return this.#me?.person ?? null;
  }

  /** Take what the server said of who asks, and the token it gave. */
  is(me: Me): void {
    this.#me = me;
    this.#stale = false;
    carry(me.csrf_token);
  }

  async ask(): Promise<void> {
    this.is(await api.get("/api/me"));
  }

  /** The server no longer knows this device. */
  forget(): void {
    this.#stale = true;
    if (this.#me !== null) this.#me = { ...this.#me, person: null };
  }

  async signIn(login: string, password: string): Promise<void> {
    if (this.#stale) await this.ask(); // the old token would be refused
    this.is(await api.post("/api/sign-in", { body: { login, password }, stay: true }));
  }

  async signOut(): Promise<void> {
    await api.post("/api/sign-out");
    await this.ask();
  }
}

export const signedIn = new SignedIn();
