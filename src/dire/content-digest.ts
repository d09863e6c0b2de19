/** What contents are told apart by. Pure. */
import { sha256Latin1 } from "../lib/hash.ts";

/** 85 bits of a content's SHA-256. */
export interface ContentDigest {
  /** The first 53, which a number holds exactly: enough to tell two contents of one record apart. */
  readonly hash: number;
  /**
   * 32 more, signed. A content is also looked for among all of its source: at a million records and a hundred million changes a day
   * a mistaken hit is to be expected once in a billion years, and with the first 53 bits alone once in three months.
   */
  readonly check: number;
}

/** The digest of a content, given as its bytes read as latin1. */
export function contentDigest(content: string): ContentDigest {
  const digest = sha256Latin1(content);
  return { hash: hash53Of(digest), check: word(digest, 8) };
}

/** The part of SHA-256 that a JavaScript number holds exactly. */
export function hash53(text: string): number {
  return hash53Of(sha256Latin1(text));
}

function hash53Of(digest: string): number {
  return (word(digest, 0) & 0x1fffff) * 2 ** 32 + (word(digest, 4) >>> 0);
}

/** Four bytes as a signed number, the highest first. */
function word(digest: string, at: number): number {
  return (
    (digest.charCodeAt(at) << 24) |
    (digest.charCodeAt(at + 1) << 16) |
    (digest.charCodeAt(at + 2) << 8) |
    digest.charCodeAt(at + 3)
  );
}
