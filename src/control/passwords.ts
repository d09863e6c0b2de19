/** Passwords as they are kept: argon2id, in PHC form. */
import { randomBytes } from "node:crypto";

import { SyncError } from "../lib/errors.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Secret } from "../lib/secret.ts";
import { nextTurn } from "../lib/turn.ts";
import { hashArgon2, matchesArgon2 } from "./argon2.ts";

const SALT_BYTES = 16;
/** What an unknown user's password is compared with, so that the answer takes as long: nobody knows a password of it. */
const DECOY =
  "$argon2id$v=19$m=19456,t=2,p=1$SQw0TJL2cpblGs82nMFOiw$3bxLPhKj5TTkY5yoPrQ2I4hMfD7NSldZNv0h9uhu12I";

/** Characters of a password. NIST SP 800-63B asks for 8 at least and no rule about kinds; one person's account here reaches a whole fleet. */
const CHARS_MIN = 12;
const CHARS_MAX = 512;

/** Hashes that wait for their turn: each takes 0.1 to 0.2 s, so this is as long as anybody waits for an answer. */
const WAITING_MAX = 30;
/** When to come again where more wait, ms. */
const BUSY_AGAIN_MS = 3_000;

/** Why a password cannot be taken, or that it can. Its text is in no error. */
export function checkPassword(text: string): Result<string> {
  const chars = Array.from(text).length;
  if (chars < CHARS_MIN) return err(`has ${chars} characters; at least ${CHARS_MIN} are needed`);
  return chars > CHARS_MAX ? err(`has more than ${CHARS_MAX} characters`) : ok(text);
}

/** Hashes passwords one at a time: each takes 19 MiB and a core, and whoever asks need not be known. */
export class Passwords {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** The hash that is kept. Throws SyncError `busy` where too many wait. */
  hash(password: Secret): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    return this.#inTurn(() => hashArgon2(normal(password), salt));
  }

  /** Whether it is the password of that hash; without a hash it is not, and that takes as long. Throws as `hash`. */
  async matches(hash: string | undefined, password: Secret): Promise<boolean> {
    const isSame = await this.#inTurn(() => matchesArgon2(normal(password), hash ?? DECOY));
    return isSame && hash !== undefined;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= WAITING_MAX) {
      throw new SyncError("busy", "too many log-ins at once", {
        retry: { afterMs: BUSY_AGAIN_MS },
      });
    }
    this.#waiting += 1;
    // Where they are made in this thread (argon2.ts), whatever else waits has its turn between two.
    const turn = this.#last
      .then(nextTurn)
      .then(work)
      .finally(() => (this.#waiting -= 1));
    this.#last = turn.catch(() => {});
    return await turn;
  }
}

/** One text for what a person typed on different keyboards (NIST SP 800-63B 3.1.1.2). */
function normal(password: Secret): string {
  return password.reveal().normalize("NFKC");
}
