import { invariant } from "../lib/invariant.ts";
import { WINDOW_CHUNKS_DEFAULT } from "./window.ts";

/** How much an agent does at a time. */
export interface MemoryPlan {
  readonly windowChunks: number;
  readonly sourcesInFlight: number;
}

/** Sources pulled at a time where memory is no matter: APIs are the bottleneck, and each has its own. */
const SOURCES_IN_FLIGHT_MAX = 4;
/** An idle agent with its TLS and HTTP libraries, in bytes. */
const BASE_BYTES = 90 * 1024 ** 2;
/** One page of a source, as text, as parsed records and as devices, in bytes. */
const PAGE_BYTES = 24 * 1024 ** 2;
/** A chunk stands in memory as text while it is sealed, as its bytes, and as the gRPC message that is sent. */
const COPIES = 2;

/** The most work that is planned to fit into this much memory; one source and one chunk at a time go on in any case. */
export function planMemory(options: {
  readonly memoryBytesMax: number;
  readonly chunkBytesMax: number;
}): MemoryPlan {
  const { memoryBytesMax, chunkBytesMax } = options;
  invariant(chunkBytesMax > 0, "a chunk has a size");
  const sourceBytes = (windowChunks: number): number =>
    PAGE_BYTES + 2 * (windowChunks + 1) * chunkBytesMax * COPIES;
  const room = memoryBytesMax - BASE_BYTES;
  const fitting = (windowChunks: number): number => Math.floor(room / sourceBytes(windowChunks));
  let windowChunks = WINDOW_CHUNKS_DEFAULT;
  // Two sources side by side are worth more than long windows of one.
  while (windowChunks > 1 && fitting(windowChunks) < 2) windowChunks -= 1;
  const sourcesInFlight = Math.min(SOURCES_IN_FLIGHT_MAX, Math.max(1, fitting(windowChunks)));
  return { windowChunks, sourcesInFlight };
}
