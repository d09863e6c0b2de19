import { invariant } from "../lib/invariant.ts";
import { WINDOW_CHUNKS_DEFAULT } from "./window.ts";

/** How much an agent does at a time. */
export interface MemoryPlan {
  readonly windowChunks: number;
  readonly sourcesInFlight: number;
  /** Devices that a page is asked to hold at most; Infinity where a source's own size may stand. */
  readonly pageRowsMax: number;
}

/** Sources pulled at a time where memory is no matter: APIs are the bottleneck, and each has its own. */
const SOURCES_IN_FLIGHT_MAX = 4;
/** An agent with its TLS and HTTP libraries that has just begun its first run, in bytes. */
const BASE_BYTES = 115 * 1024 ** 2;
/** One page of a source, as text, as parsed records and as devices, in bytes; and of one of its devices, some KB each time. */
const PAGE_BYTES = 24 * 1024 ** 2;
const ROW_BYTES = 24 * 1024;
/** Smaller pages would only make more requests. */
const PAGE_ROWS_MIN = 100;
/** A chunk stands in memory as text while it is sealed, as its bytes, and as the gRPC message that is sent. */
const COPIES = 2;

/** The most work that is planned to fit into this much memory; one source and one chunk at a time go on in any case. */
export function planMemory(options: {
  readonly memoryBytesMax: number;
  readonly chunkBytesMax: number;
}): MemoryPlan {
  const { memoryBytesMax, chunkBytesMax } = options;
  invariant(chunkBytesMax > 0, "a chunk has a size");
  const heldBytes = (windowChunks: number): number =>
    2 * (windowChunks + 1) * chunkBytesMax * COPIES;
  const room = memoryBytesMax - BASE_BYTES;
  const fitting = (windowChunks: number): number =>
    Math.floor(room / (PAGE_BYTES + heldBytes(windowChunks)));
  let windowChunks = WINDOW_CHUNKS_DEFAULT;
  // Two sources side by side are worth more than long windows of one.
  while (windowChunks > 1 && fitting(windowChunks) < 2) windowChunks -= 1;
  const sourcesInFlight = Math.min(SOURCES_IN_FLIGHT_MAX, Math.max(1, fitting(windowChunks)));
  const rows = Math.floor((room - heldBytes(windowChunks)) / ROW_BYTES);
  const pageRowsMax = fitting(windowChunks) >= 1 ? Infinity : Math.max(PAGE_ROWS_MIN, rows);
  return { windowChunks, sourcesInFlight, pageRowsMax };
}
