/** What operators assert of the records that a closure has loaded, read as it grows. Where a tenant has no assertions it asks nothing. */
import type { Tx } from "../db/tx.ts";
import { readLinks, readVerdicts, standingKinds } from "./assertion-store.ts";
import type { AssertionKind, Link, Verdict } from "./assertion.ts";
import { holderKey, type PartitionValue } from "./history-store.ts";
import { valuesOf, type RecordHistory } from "./node.ts";
import { withoutValues } from "./without.ts";

/** Starts with nothing loaded. */
export async function openAsserted(tx: Tx, tenant: number): Promise<Asserted> {
  return new Asserted(tx, tenant, await standingKinds(tx, tenant));
}

/** A record's history in its partition. */
type Placed = { readonly partitionNo: number; readonly history: RecordHistory };

/** One transaction long. */
export class Asserted {
  readonly #tx: Tx;
  readonly #tenant: number;
  readonly #hasLinks: boolean;
  readonly #hasVerdicts: boolean;
  readonly #links = new Map<number, Link>();
  readonly #verdicts = new Map<string, Verdict | undefined>();

  constructor(tx: Tx, tenant: number, kinds: ReadonlySet<AssertionKind>) {
    this.#tx = tx;
    this.#tenant = tenant;
    this.#hasLinks = kinds.has("must_link") || kinds.has("cannot_link");
    this.#hasVerdicts = kinds.has("block_value") || kinds.has("allow_value");
  }

  /** Whether operators assert anything that may join records or part them. */
  get hasAny(): boolean {
    return this.#hasLinks || this.#hasVerdicts;
  }

  /** Every link that names a record whose links were followed. */
  get links(): readonly Link[] {
    return [...this.#links.values()];
  }

  /** Records that belong to the same component as these because an operator joined them. */
  async follow(recordNos: readonly number[]): Promise<readonly number[]> {
    if (!this.#hasLinks || recordNos.length === 0) return [];
    const links = await readLinks(this.#tx, this.#tenant, recordNos);
    for (const link of links) this.#links.set(link.assertionNo, link);
    return links
      .filter(({ kind }) => kind === "must_link")
      .flatMap(({ sides }) => sides.flat().map(({ recordNo }) => recordNo));
  }

  /** The histories as if nobody had said what is blocked, in the same order. */
  async heed(placed: readonly Placed[]): Promise<readonly RecordHistory[]> {
    if (!this.#hasVerdicts) return placed.map(({ history }) => history);
    const wanted = new Map<string, PartitionValue>();
    for (const { partitionNo, history } of placed) {
      for (const value of valuesOf(history)) {
        const key = holderKey({ partitionNo, value });
        if (!this.#verdicts.has(key)) wanted.set(key, { partitionNo, value });
      }
    }
    const found = await readVerdicts(this.#tx, this.#tenant, [...wanted.values()]);
    for (const key of wanted.keys()) this.#verdicts.set(key, found.get(key));
    return placed.map(({ partitionNo, history }) =>
      withoutValues(
        history,
        (value) => this.#verdicts.get(holderKey({ partitionNo, value })) === "block",
      ),
    );
  }

  /** Whether a value may join records however many hold it. */
  isAllowed(value: PartitionValue): boolean {
    return this.#verdicts.get(holderKey(value)) === "allow";
  }
}
