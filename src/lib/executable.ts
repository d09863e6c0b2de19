/** The single executable that we run from: what was put into it when it was built. A checkout has nothing of the kind. */

/** What we use of node:sea (Node 24); written out, because Deno knows neither the module nor its types. */
interface Sea {
  readonly isSea: () => boolean;
  readonly getAssetKeys: () => readonly string[];
  readonly getRawAsset: (name: string) => ArrayBuffer;
}

/** What `npm run package` knows of an executable that it makes; its asset "build.json". */
export interface BuildFacts {
  /** Commit of the sources, with "-changed" where the working tree was not that commit's; "unknown" outside a clone. */
  readonly commit: string;
  /** "linux-x64": what it was built for. */
  readonly target: string;
  /** Release of the PostgreSQL inside, and the sha256 of its archive; absent where there is none. */
  readonly postgresql?: { readonly version: string; readonly sha256: string };
}

/** Whether such an asset was put in; nothing was in a checkout. */
export function hasAsset(name: string): boolean {
  return seaWith(name) !== undefined;
}

/** An asset's bytes, which are the executable's own memory: not to be written to. Undefined in a checkout, and for a name that was not put in. */
export function embeddedAsset(name: string): Uint8Array | undefined {
  const sea = seaWith(name);
  return sea === undefined ? undefined : new Uint8Array(sea.getRawAsset(name));
}

function seaWith(name: string): Sea | undefined {
  const sea = process.getBuiltinModule("node:sea") as Sea | undefined;
  return sea?.isSea() === true && sea.getAssetKeys().includes(name) ? sea : undefined;
}

/** What was put down at the build; undefined in a checkout. */
export function buildFacts(): BuildFacts | undefined {
  const json = embeddedAsset("build.json");
  return json === undefined
    ? undefined
    : (JSON.parse(new TextDecoder().decode(json)) as BuildFacts);
}
