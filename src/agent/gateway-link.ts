import { invariant } from "../lib/invariant.ts";
import type { GatewayClient } from "../wire/client.ts";

/** The calls of a gateway client that an agent makes. */
export type Gateway = Pick<
  GatewayClient,
  "hello" | "getConfig" | "pushStatus" | "streamStatus" | "controlStream" | "close"
>;

/** A gateway that has accepted our Hello. */
export interface Established {
  readonly gateway: Gateway;
  /** What the gateway calls itself. */
  readonly gatewayId: string;
  /** It is a core of ours, which hears of runs while they go on: an original gateway would have to make sense of it. */
  readonly isOurs?: boolean;
}

type Held = Established & { users: number; isRetired: boolean };

/**
 * The connection that the agent works over. The session replaces it when it greets anew; calls that are under way keep the one
 * they began with, which is closed after the last of them. So no failover cuts a stream that still moves.
 */
export class GatewayLink {
  #current: Held | undefined;
  readonly #listeners = new Set<() => void>();

  /** What is established, if anything is. */
  get current(): Established | undefined {
    return this.#current;
  }

  /** Makes this the connection for calls to come. */
  establish(established: Established): void {
    const before = this.#current;
    this.#current = { ...established, users: 0, isRetired: false };
    if (before !== undefined) retire(before);
    for (const listener of this.#listeners) listener();
  }

  /** Tells of every connection that is established from now on; gives what ends the telling. */
  onEstablished(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Does some work over the connection there is, waiting for one if need be. */
  async use<T>(signal: AbortSignal, work: (established: Established) => Promise<T>): Promise<T> {
    const held = this.#current ?? (await this.#first(signal));
    held.users += 1;
    try {
      return await work(held);
    } finally {
      held.users -= 1;
      if (held.isRetired && held.users === 0) held.gateway.close();
    }
  }

  /** Closes the connection once nothing goes over it any more. */
  close(): void {
    if (this.#current !== undefined) retire(this.#current);
    this.#current = undefined;
  }

  async #first(signal: AbortSignal): Promise<Held> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => reject(signal.reason as Error);
    const off = this.onEstablished(resolve);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await promise;
    } finally {
      off();
      signal.removeEventListener("abort", onAbort);
    }
    invariant(this.#current !== undefined, "an established link is there");
    return this.#current;
  }
}

function retire(held: Held): void {
  if (held.isRetired) return;
  // Set on the object itself: those who use it look there when they have finished.
  Object.assign(held, { isRetired: true });
  if (held.users === 0) held.gateway.close();
}
