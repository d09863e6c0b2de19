import type { Db } from "../db/pool.ts";
import type { Tx } from "../db/tx.ts";
import type { Difference } from "./difference.ts";

/** Where a block is worked: its own transaction, and a view of how things stood before it. */
export interface Block {
  readonly open: Tx;
  readonly before: Db;
  readonly tenant: number;
  /** The last key of the block before; "" at the beginning. */
  readonly after: string;
}

/** What came of a block. */
export interface BlockOutcome {
  readonly differences: readonly Difference[];
  /** Rows or records looked at. */
  readonly looked: number;
  /** Devices whose last sighting is told later now. */
  readonly refreshed?: number;
  /** Records that are looked at again sooner than they would have been. */
  readonly watched?: number;
  /** Records that were left alone because their devices are held. */
  readonly held?: number;
  /** Its last key; undefined where there is nothing behind it. */
  readonly next: string | undefined;
}
