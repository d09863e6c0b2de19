import { useEffect, useState, type ReactNode } from "react";

import { afterMs, pageNowMs } from "../../lib/page-clock.ts";
import { relativeDay, relativeTime, shortTime, untilStale } from "./time-words.ts";

const ABSOLUTE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

type TimeAgoProps = {
  readonly at: string;
  /** "3m ago", for a narrow column. */
  readonly isShort?: boolean;
};

/** A time in words that stay true; the exact time, local and UTC, on hover. */
export function TimeAgo({ at, isShort = false }: TimeAgoProps): ReactNode {
  const thenMs = Date.parse(at);
  const [nowMs, setNowMs] = useState(pageNowMs);
  useEffect(() => afterMs(untilStale(thenMs, nowMs), () => setNowMs(pageNowMs())), [thenMs, nowMs]);
  // An answer may be younger than the words' last look at the clock.
  const now = Math.max(nowMs, Math.min(thenMs, pageNowMs()));
  return (
    <time dateTime={at} title={`${ABSOLUTE.format(thenMs)} (${at})`}>
      {isShort ? shortTime(thenMs, now) : relativeTime(thenMs, now)}
    </time>
  );
}

/** A day in words; the date on hover. */
export function DayAgo({ at }: { readonly at: string }): ReactNode {
  const day = at.slice(0, "2026-01-31".length);
  return (
    <time dateTime={day} title={`${day}, UTC`}>
      {relativeDay(Date.parse(at), pageNowMs())}
    </time>
  );
}

/** The exact time in the reader's zone; UTC on hover. */
export function ExactTime({ at }: { readonly at: string }): ReactNode {
  return (
    <time dateTime={at} title={at}>
      {ABSOLUTE.format(Date.parse(at))}
    </time>
  );
}
