import { constants, brotliCompressSync, gzipSync } from "node:zlib";

import { mediaTypeOf, packUi, type PackedFile } from "../../src/api/ui-pack.ts";
import type { UiFile } from "./bundle-ui.ts";

/** Below this many bytes a compressed answer saves no packet. */
const COMPRESSED_MIN_BYTES = 512;
const GZIP_BEST = 9;

/** Compresses what gets smaller by it, as small as it gets: it is done once and sent many times. Brotli at 11 takes 2 s for the whole page. */
export function compressed(files: readonly UiFile[]): Uint8Array {
  return packUi(
    files.map(({ path, bytes }): PackedFile => {
      const type = mediaTypeOf(path);
      if (bytes.length < COMPRESSED_MIN_BYTES) return { path, type, plain: bytes };
      const params = {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      };
      const br = brotliCompressSync(bytes, { params });
      return { path, type, plain: bytes, br, gzip: gzipSync(bytes, { level: GZIP_BEST }) };
    }),
  );
}
