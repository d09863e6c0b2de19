/** The web page in one piece: an index as JSON, then the bytes of its files. Made by the build, read by the server. */

/** A file of the page, and the same compressed where that saves anything. */
export interface PackedFile {
  /** "/assets/main-4QX3VJ7A.js" */
  readonly path: string;
  readonly type: string;
  readonly plain: Uint8Array;
  readonly br?: Uint8Array;
  readonly gzip?: Uint8Array;
}

type Span = readonly [from: number, to: number];
type Entry = {
  readonly path: string;
  readonly type: string;
  readonly plain: Span;
  readonly br?: Span;
  readonly gzip?: Span;
};

/** Name of a single executable's asset, and of the file in a checkout. */
export const UI_ASSET = "ui.pack";
/** The index's length stands first, as uint32, big-endian. */
const LENGTH_BYTES = 4;

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

/** The media type of a file of the page. Throws for an ending that the page has no files of. */
export function mediaTypeOf(path: string): string {
  const type = TYPES[path.slice(path.lastIndexOf(".") + 1)];
  if (type === undefined) throw new Error(`the page has a file ${path} of no known type`);
  return type;
}

/** Puts files together. */
export function packUi(files: readonly PackedFile[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  const put = (bytes: Uint8Array): Span => {
    parts.push(bytes);
    at += bytes.length;
    return [at - bytes.length, at];
  };
  const entries = files.map(({ path, type, plain, br, gzip }): Entry => ({
    path,
    type,
    plain: put(plain),
    ...(br === undefined ? {} : { br: put(br) }),
    ...(gzip === undefined ? {} : { gzip: put(gzip) }),
  }));
  const index = Buffer.from(JSON.stringify(entries));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(index.length);
  return Buffer.concat([length, index, ...parts]);
}

/** Takes it apart; the files are views of the given bytes. */
export function unpackUi(pack: Uint8Array): ReadonlyMap<string, PackedFile> {
  const view = new DataView(pack.buffer, pack.byteOffset, pack.byteLength);
  const start = LENGTH_BYTES + view.getUint32(0);
  const text = new TextDecoder().decode(pack.subarray(LENGTH_BYTES, start));
  const span = ([from, to]: Span): Uint8Array => pack.subarray(start + from, start + to);
  const files = (JSON.parse(text) as readonly Entry[]).map(
    ({ path, type, plain, br, gzip }): PackedFile => ({
      path,
      type,
      plain: span(plain),
      ...(br === undefined ? {} : { br: span(br) }),
      ...(gzip === undefined ? {} : { gzip: span(gzip) }),
    }),
  );
  return new Map(files.map((file) => [file.path, file]));
}
