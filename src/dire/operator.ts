/**
 * What every act of an operator has in common: it makes or takes back assertions and publishes what they change, in one
 * transaction under the tenant's row, so that its answer says what became of it; a rehearsal is the same, rolled back.
 */
import type { Tx } from "../db/tx.ts";
import { writeMerges } from "../inventory/merge-audit.ts";
import { ok, type Result } from "../lib/result.ts";
import type { CanonicalId } from "../model/canonical-id.ts";
import { findAssertions } from "./assertion-list.ts";
import {
  revokeAssertion,
  unmark,
  writeAssertion,
  type Affected,
  type Claim,
  type Said,
} from "./assertion-store.ts";
import type { Move } from "./publication.ts";
import { publishMoves } from "./resolver.ts";

/** What an act did. */
export interface Outcome {
  readonly made: readonly number[];
  readonly revoked: readonly number[];
  readonly moves: readonly Move[];
  /** Not published yet: too many records for one transaction, which the worker takes bit by bit, or in a hold. */
  readonly isPending: boolean;
}

/** What an act did, or the sentence that says why it may not be. */
export type Acted = Result<Outcome>;

/** Records that are published while the operator waits: what the worker takes in one transaction too. */
const WAIT_RECORDS_MAX = 5_000;

/** One operator's act under way. */
export class Act {
  readonly tx: Tx;
  readonly tenant: number;
  readonly said: Said;
  readonly #made: number[] = [];
  readonly #revoked: number[] = [];
  readonly #touched = new Set<number>();
  readonly #marks: number[] = [];
  readonly #moves = new Map<string, Move>();
  #isPending = false;

  constructor(tx: Tx, tenant: number, said: Said) {
    this.tx = tx;
    this.tenant = tenant;
    this.said = said;
  }

  /** Makes an assertion. */
  async claim(claim: Claim): Promise<number> {
    const { no, ...affected } = await writeAssertion(this.tx, this.tenant, {
      claim,
      said: this.said,
    });
    this.#made.push(no);
    this.#touch(affected);
    return no;
  }

  /** Takes one back; false where it does not stand. */
  async revoke(assertionNo: number): Promise<boolean> {
    const affected = await revokeAssertion(this.tx, this.tenant, { assertionNo, said: this.said });
    if (affected === undefined) return false;
    this.#revoked.push(assertionNo);
    this.#touch(affected);
    return true;
  }

  #touch({ recordNos, dirtyNo }: Affected): void {
    for (const no of recordNos) this.#touched.add(no);
    if (dirtyNo !== undefined) this.#marks.push(dirtyNo);
  }

  /** Whether anything waits to be published. */
  get isPending(): boolean {
    return this.#isPending;
  }

  /** Publishes what has been asserted so far, and gives where records went since the act began. */
  async publish(): Promise<readonly Move[]> {
    const recordNos = [...this.#touched];
    this.#touched.clear();
    if (recordNos.length > WAIT_RECORDS_MAX) this.#isPending = true;
    else if (recordNos.length > 0) {
      const { moves, held } = await publishMoves(this.tx, this.tenant, recordNos);
      for (const move of moves) this.#note(move);
      this.#isPending ||= held > 0;
      await unmark(this.tx, this.tenant, this.#marks.splice(0));
    }
    return this.#moved();
  }

  /** A record that moves twice went from where it was to where it is. */
  #note(move: Move): void {
    const key = `${move.recordNo} ${move.fingerprint}`;
    this.#moves.set(key, { ...move, from: (this.#moves.get(key) ?? move).from });
  }

  #moved(): readonly Move[] {
    return [...this.#moves.values()].filter(({ from, to }) => from !== to);
  }

  /** What came of it, when everything is published. */
  async outcome(): Promise<Outcome> {
    const moves = await this.publish();
    return { made: this.#made, revoked: this.#revoked, moves, isPending: this.#isPending };
  }

  /** Appends pairs of devices to the merge audit, as the operator's own word. */
  async audit(
    reason: "unmerge" | "manual_never_merge",
    pairs: readonly (readonly [CanonicalId, CanonicalId])[],
  ): Promise<void> {
    const { actor, reason: why } = this.said;
    const details = { actor, reason: why, made: this.#made, revoked: this.#revoked };
    const rows = pairs.map(([from, to]) => ({ from, to, reason, source: "operator", details }));
    await writeMerges(this.tx, this.tenant, rows);
  }

  /** Notes which devices came out of which, as the original notes an unmerge: from the one that is back. */
  async auditSplits(): Promise<void> {
    const splits = new Map(
      this.#moved().flatMap(({ from, to }) =>
        from === undefined ? [] : [[`${to} ${from}`, [to, from] as const]],
      ),
    );
    await this.audit("unmerge", [...splits.values()]);
  }
}

/** Takes an assertion back, by its number; undefined where there is none that stands. */
export async function revokeNumbered(act: Act, assertionNo: number): Promise<Acted | undefined> {
  const [assertion] = await findAssertions(act.tx, act.tenant, [assertionNo]);
  if (!(await act.revoke(assertionNo))) return undefined;
  const outcome = await act.outcome();
  if (assertion?.kind === "must_link") await act.auditSplits();
  return ok(outcome);
}
