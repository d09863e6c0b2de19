/** One step of the schema, never edited once released. */
export interface Migration {
  /** Counts from 1 without gaps; the order of application. */
  readonly id: number;
  readonly name: string;
  readonly sql: string;
  /** Of `sql`, as stored with the step when it was applied. */
  readonly sha256: string;
}
