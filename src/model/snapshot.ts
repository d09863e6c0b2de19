/** How a source's snapshot for a rehearsal travels: as a run does, under another service type, so that nothing takes it for one. Pure. */

/** Service type of its chunks. */
export const SNAPSHOT_TYPE = "sync-rehearse";
/** Service type of the manifest that ends it. */
export const SNAPSHOT_END_TYPE = "sync-rehearse-run";

const RUN_ID = /^rehearsal:([1-9]\d{0,8})$/;

/** The run id that a rehearsal's chunks and manifest carry. */
export function snapshotRunId(rehearsalNo: number): string {
  return `rehearsal:${rehearsalNo}`;
}

/** The rehearsal that a run id names; undefined where it names none. */
export function rehearsalOfRun(runId: string | undefined): number | undefined {
  const [, no] = RUN_ID.exec(runId ?? "") ?? [];
  return no === undefined ? undefined : Number(no);
}
