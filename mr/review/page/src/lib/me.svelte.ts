/** Who is signed in on this device. */

import { api, ApiError, carry } from "./api";
import type { components } from "./api-types";

export type Person = components["schemas"]["WhoAmI"];
export type Role = Person["role"];

class SignedIn {
  #person = $state.raw<Person | null>(null);
  #setupNeeded = $state(false);
  #asked = $state(false);

  get asked(): boolean {
    return this.#asked;
  }

  get setupNeeded(): boolean {
    return this.#setupNeeded;
  }

  get person(): Person | null {
    return this.#person;
  }

  /** Take who the server says it is, and the token that it gave. */
  is(person: Person): void {
    this.#person = person;
    this.#setupNeeded = false;
    carry(person.csrf);
  }

  async ask(): Promise<void> {
    this.#setupNeeded = (await api.get("/api/open")).needs_setup;
    if (!this.#setupNeeded) {
      try {
        this.is(await api.get("/api/me", { stay: true }));
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 401) throw error;
        this.#person = null;
      }
    }
    this.#asked = true;
  }

  /** The server no longer knows this device. */
  forget(): void {
    this.#person = null;
  }

  async signIn(sign_in_name: string, password: string): Promise<void> {
    this.is(await api.post("/api/sign-in", { body: { sign_in_name, password }, stay: true }));
  }

  async signInByBadge(token: string): Promise<void> {
    this.is(await api.post("/api/sign-in/badge", { body: { token }, stay: true }));
  }

  async signOut(): Promise<void> {
    await api.post("/api/sign-out");
    this.forget();
  }
}

export const signedIn = new SignedIn();
