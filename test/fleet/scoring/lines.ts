/** A line of truth.jsonl: which device an update is about. */
export interface TruthLine {
  /** Position of the update in updates.jsonl, from 0. */
  readonly i: number;
  /** Number of the true device. */
  readonly device: number;
  /** Day of arrival, from 0. */
  readonly day: number;
  readonly source: string;
  /** Modes of the device, or "plain". */
  readonly modes: readonly string[];
}

/** A line of an engine's answer. */
export interface AssignLine {
  readonly i: number;
  /** Id of the update's device after everything; null where the engine rejected the update. */
  readonly id: string | null;
  /** Id that was published when the update's batch had been ingested. */
  readonly at?: string | null;
}

/** A line of an engine's aliases: an id that it published once, and the one that it stands for now. */
export interface AliasLine {
  readonly from: string;
  readonly to: string;
}

/** An entry of batches.json: updates that arrive together. */
export interface BatchLine {
  readonly day: number;
  readonly source: string;
  readonly instance: string;
  /** First line in updates.jsonl. */
  readonly start: number;
  readonly count: number;
}
