/** Where a core's data is, as every command is told: flag, then environment, then default. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import type { Environment } from "../lib/env.ts";
import { ConfigError, messageOf } from "../lib/errors.ts";
import { optional, type Values } from "./args.ts";
import type { PlatformSettings } from "./platform.ts";

/** Flags of every command that needs the core's data. */
export const WHERE = {
  dataDir: optional(
    "DIR",
    "where the core keeps its data (default: /var/lib/serviceradar/core as root, else ~/.local/state/serviceradar/core)",
  ),
  databaseUrl: optional(
    "URL",
    "a PostgreSQL of your own; also DATABASE_URL, or DATABASE_URL_FILE, which keep its password out of sight",
  ),
  keyFile: optional("FILE", "the key of stored secrets (default: secret.key in the data folder)"),
};

/** The folder where nobody names one: the service's own as root, else the user's. */
function defaultDataDir(env: Environment): string {
  if (process.getuid?.() === 0) return "/var/lib/serviceradar/core";
  const state = env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state");
  return join(state, "serviceradar", "core");
}

/** Connections that a command opens: it asks one thing at a time. */
const COMMAND_POOL_SIZE = 4;

/** Where the data is. Throws ConfigError naming DATABASE_URL_FILE. */
export function platformSettings(
  { dataDir, databaseUrl, keyFile }: Values<typeof WHERE>,
  env: Environment,
): PlatformSettings {
  return {
    dataDir: dataDir ?? defaultDataDir(env),
    isDataDirExplicit: dataDir !== undefined,
    databaseUrl: databaseUrl ?? urlFromEnvironment(env),
    keyFile,
    poolSize: COMMAND_POOL_SIZE,
  };
}

function urlFromEnvironment(env: Environment): string | undefined {
  const [given, file] = [env["DATABASE_URL"], env["DATABASE_URL_FILE"]];
  return urlOf({ given, file, setting: "DATABASE_URL_FILE" });
}

/** The URL of a read replica that the environment names. Throws ConfigError naming READ_DATABASE_URL_FILE. */
export function readUrlFromEnvironment(env: Environment): string | undefined {
  const [given, file] = [env["READ_DATABASE_URL"], env["READ_DATABASE_URL_FILE"]];
  return urlOf({ given, file, setting: "READ_DATABASE_URL_FILE" });
}

type NamedUrl = {
  readonly given: string | undefined;
  readonly file: string | undefined;
  readonly setting: string;
};

function urlOf({ given = "", file = "", setting }: NamedUrl): string | undefined {
  if (given.trim() !== "") return given.trim();
  if (file.trim() === "") return undefined;
  try {
    return readFileSync(file.trim(), "utf8").trim();
  } catch (thrown) {
    throw new ConfigError(setting, `${file.trim()} cannot be read: ${messageOf(thrown)}`);
  }
}

/** How much is logged, least last. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** The level that SR_LOG_LEVEL names. Throws ConfigError for a word that is none. */
export function logLevel(env: Environment, fallback: (typeof LOG_LEVELS)[number]): string {
  const text = env["SR_LOG_LEVEL"]?.trim() ?? "";
  if (text === "") return fallback;
  const level = LOG_LEVELS.find((candidate) => candidate === text.toLowerCase());
  if (level !== undefined) return level;
  throw new ConfigError("SR_LOG_LEVEL", `must be one of ${LOG_LEVELS.join(", ")}, not "${text}"`);
}
