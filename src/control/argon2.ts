/**
 * argon2id in PHC form. Node computes it in threads of its own, so that who logs in holds nobody up; Deno 2.9 has none, and there a
 * WebAssembly build gives the same digests in the thread that asks.
 */
import crypto, { timingSafeEqual } from "node:crypto";

import { argon2id, argon2Verify } from "hash-wasm";

/** OWASP's least for argon2id: 19 MiB, two passes. */
const COST = { memory: 19 * 1024, passes: 2, parallelism: 1 } as const;
const TAG_BYTES = 32;
const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

type Cost = { readonly memory: number; readonly passes: number; readonly parallelism: number };
type Native = typeof crypto.argon2;

/** Undefined where the runtime has none, whatever its types say. */
const native = (crypto as { readonly argon2?: Native }).argon2;

/** The hash of a password as it is kept. */
export async function hashArgon2(password: string, salt: Buffer): Promise<string> {
  const { memory, passes, parallelism } = COST;
  if (native === undefined) {
    const cost = { memorySize: memory, iterations: passes, parallelism, hashLength: TAG_BYTES };
    return await argon2id({ ...cost, password, salt, outputType: "encoded" });
  }
  const tag = await digest(native, { password, salt, cost: COST, tagLength: TAG_BYTES });
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
}

/** Whether a password is that of a hash, at the hash's own cost. False for a text that is none. */
export async function matchesArgon2(password: string, hash: string): Promise<boolean> {
  const [, memory, passes, parallelism, salt, tag] = PHC.exec(hash) ?? [];
  if (salt === undefined || tag === undefined) return false;
  if (native === undefined) return await argon2Verify({ password, hash });
  const wanted = Buffer.from(tag, "base64");
  const found = await digest(native, {
    password,
    salt: Buffer.from(salt, "base64"),
    cost: { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    tagLength: wanted.length,
  });
  return timingSafeEqual(found, wanted);
}

type Digesting = {
  readonly password: string;
  readonly salt: Buffer;
  readonly cost: Cost;
  readonly tagLength: number;
};

async function digest(
  argon2: Native,
  { password, salt, cost, tagLength }: Digesting,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  argon2("argon2id", { message: password, nonce: salt, tagLength, ...cost }, (error, tag) =>
    error === null ? resolve(tag) : reject(error),
  );
  return await promise;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
