/** Bundles: runs that are carried to the core as a file (.srb), where no line leads there. */

/** Kind of a bundle's record: the message of a chunk of device updates, as it would have been streamed. */
export const BUNDLE_UPDATES = 1;
/** Kind of a bundle's record: a run's manifest. */
export const BUNDLE_MANIFEST = 2;

/** Longest message of a bundle, bytes: the core takes it as the body of a request, which may hold 4 MiB. */
export const BUNDLE_MESSAGE_BYTES_MAX = 4 * 1024 ** 2 - 4_096;

/** What the core's key for reading bundles is derived for, from the key of the tenant's authority. */
export const BUNDLE_KEY_PURPOSE = "serviceradar bundle reader v1";
