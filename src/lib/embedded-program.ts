/** How the programs in a single executable are started. Pure: the texts of small scripts, which the build and a thread's start put in place. */

/** Where a program lies compiled, beside its text: V8's own form of it, which spares a start the reading of the text. */
export function compiledAsset(program: string): string {
  return program.replace(/\.cjs$/, ".v8");
}

/** What V8 compiles of a program's text. It tells texts apart by their length alone, so the build and the start must put it around alike. */
export function wrapped(program: string): string {
  return `(function (exports, require, module) {${program}\n})`;
}

/**
 * An expression that runs a program from the executable's assets, and is what that exports. It gets a `require` of built-in modules alone, so that it cannot load
 * code from a disk. What V8 does not take, such as what another release has made, it compiles anew. Texts are ASCII (bundle.ts).
 */
export function loaderOf(program: string): string {
  return `(() => {
const builtin = process.getBuiltinModule;
const { getAssetKeys, getRawAsset } = builtin("node:sea");
const [before, after] = ${JSON.stringify(wrapped("\0").split("\0"))};
const text = before + builtin("node:buffer").Buffer.from(getRawAsset("${program}")).latin1Slice() + after;
const compiled = "${compiledAsset(program)}";
const cachedData = getAssetKeys().includes(compiled) ? new Uint8Array(getRawAsset(compiled)) : undefined;
const script = new (builtin("node:vm").Script)(text, { filename: "${program}", cachedData });
const known = (name) => {
  const found = builtin(name);
  if (found === undefined) throw new Error(name + " is not part of this executable");
  return found;
};
const module = { exports: {} };
script.runInThisContext()(module.exports, known, module);
return module.exports;
})()`;
}
