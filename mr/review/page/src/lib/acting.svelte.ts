/** Something that a person sets off: it is under way, it was refused in words, or it is done. */

import { announce } from "./announce.svelte";
import { left, wordsOf } from "./api";

export class Acting {
  busy = $state(false);
  failed = $state<string | null>(null);
  done = $state<string | null>(null);

  /** Do it; tells whether it was done. `words` are shown and said afterwards. */
  async run(act: () => Promise<unknown>, words: string | null = null): Promise<boolean> {
    this.busy = true;
    this.failed = this.done = null;
    try {
      await act();
      this.done = words;
      if (words) announce(words);
      return true;
    } catch (error) {
      if (!left(error)) this.failed = wordsOf(error);
      return false;
    } finally {
      this.busy = false;
    }
  }

  forget(): void {
    this.failed = this.done = null;
  }
}
