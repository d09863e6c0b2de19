/** Kinds of change that a rehearsal lists. */
export const CHANGE_KINDS = ["create", "update", "merge", "conflict", "retraction"] as const;

/** One of CHANGE_KINDS. */
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** One change as it is shown; what it holds depends on its kind. */
export type ChangeDetail = Readonly<Record<string, unknown>>;

/** The first changes of each kind. */
export type Changes = ReadonlyMap<ChangeKind, readonly ChangeDetail[]>;
