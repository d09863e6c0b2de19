import { parseBytes } from "./bytes.ts";
import { ConfigError } from "./errors.ts";

/** The environment as a plain map, so that a test can hand in its own. */
export type Environment = Readonly<Record<string, string | undefined>>;

type Range = { readonly min: number; readonly max: number };

/** A whole number from the environment, or the default where it is not set. Throws ConfigError naming the variable. */
export function envInteger<Fallback extends number | undefined>(
  env: Environment,
  name: string,
  options: Range & { readonly fallback: Fallback },
): number | Fallback {
  const text = env[name]?.trim();
  if (text === undefined || text === "") return options.fallback;
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= options.min && value <= options.max)) {
    throw new ConfigError(
      name,
      `"${text}" is not a whole number from ${options.min} to ${options.max}`,
    );
  }
  return value;
}

/** A size in bytes (suffixes K, M, G and KB, MB, GB) from the environment. Throws ConfigError naming the variable. */
export function envBytes(
  env: Environment,
  name: string,
  options: Range & { readonly fallback: number },
): number {
  const text = env[name]?.trim();
  if (text === undefined || text === "") return options.fallback;
  const parsed = parseBytes(text);
  if (!parsed.ok) throw new ConfigError(name, parsed.error);
  if (parsed.value < options.min || parsed.value > options.max) {
    throw new ConfigError(name, `"${text}" is outside ${options.min} to ${options.max} bytes`);
  }
  return parsed.value;
}
