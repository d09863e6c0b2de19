/** See node-flags.mjs. */
export declare function nodeFlags(
  program: string,
  env?: Readonly<Record<string, string | undefined>>,
): readonly string[];
