/** See node-flags.mjs. */
export declare function nodeFlags(
  program: string,
  env?: Readonly<Record<string, string | undefined>>,
): readonly string[];

/** See node-flags.mjs. */
export declare function nodeEnvironment(
  program: string,
  env?: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>>;
