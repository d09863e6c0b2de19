import { styleText } from "node:util";

import { pino, type Logger } from "pino";

import type { LogTail } from "./log-tail.ts";

/** The log every part writes to: an event name and fields, once per run or batch, never per record. */
export type Log = Logger;

/** How log lines look: JSON for machines, one readable line for a terminal. */
export type LogFormat = "json" | "pretty";

type LogOptions = {
  readonly component: string;
  readonly level?: string;
  readonly format?: LogFormat;
  /** Remembers the newest lines. */
  readonly tail?: LogTail;
  /** Takes whole lines; standard error where absent. */
  readonly write?: (text: string) => void;
};

/**
 * A log of one executable. JSON lines with `time level msg component …` on standard error, or readable lines
 * where standard error is a terminal. Standard output stays free for what commands print.
 */
export function createLog(options: LogOptions): Log {
  const { component, level = "info", format, tail } = options;
  const { write = (text) => void process.stderr.write(text) } = options;
  const readable = (format ?? (process.stderr.isTTY ? "pretty" : "json")) === "pretty";
  const destination = {
    write: (line: string): void => {
      tail?.add(line);
      write(readable ? pretty(line) : line);
    },
  };
  return pino(
    {
      level,
      base: { component },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}

/** A log that drops everything, for tests and one-shot commands. */
export function silentLog(): Log {
  return pino({ level: "silent" });
}

/** A log whose lines go to `send`: a thread's, for the main thread to write with `relayLine`. */
export function relayedLog(level: string, send: (line: string) => void): Log {
  const formatters = { level: (label: string) => ({ level: label }) };
  return pino({ level, base: null, timestamp: false, formatters }, { write: send });
}

/** Writes a line of a `relayedLog` as this log's own. */
export function relayLine(log: Log, line: string): void {
  const { level, msg, ...fields } = JSON.parse(line) as Line;
  log[level](fields, msg);
}

type Line = { readonly level: "debug" | "info" | "warn" | "error" | "fatal"; readonly msg: string };

const COLOUR = { warn: "yellow", error: "red", fatal: "red", debug: "gray" } as const;

function pretty(line: string): string {
  const { time, level, msg, component, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const colour = COLOUR[level as keyof typeof COLOUR] ?? "green";
  const clock = String(time).slice(11, 23);
  const label = styled(colour, String(level).toUpperCase().padEnd(5));
  const rest = Object.entries(fields).map(
    ([key, value]) => styled("gray", `${key}=`) + shown(value),
  );
  return `${clock} ${label} ${String(component)}: ${String(msg)} ${rest.join(" ")}\n`;
}

/** By the stream that is written to, and NO_COLOR; styleText goes by standard output unless told. */
function styled(colour: Parameters<typeof styleText>[0], text: string): string {
  return styleText(colour, text, { stream: process.stderr });
}

function shown(value: unknown): string {
  return typeof value === "string" && !/\s/.test(value) ? value : JSON.stringify(value);
}
