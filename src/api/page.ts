/** Most rows of one page; the original's list has the same. */
export const PAGE_MAX = 500;

/** What an export of devices can be. */
export const EXPORT_FORMATS = ["csv", "ndjson", "ocsf"] as const;
