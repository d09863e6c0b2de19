/** Keeps answers current: by what the core tells, and by asking now and then where it cannot. */
import { useEffect, useState } from "react";

import { afterMs } from "../../lib/page-clock.ts";
import { listenTo } from "./events.ts";
import { askAnew } from "./query-client.ts";
import { staleAfter, TOPICS, topicsIn, type Topic } from "./topics.ts";

/** How often answers are asked for anew while the core cannot tell of changes, ms. */
const ASK_EVERY_MS = 10_000;
/** Changes within this time are taken together, ms: a run under way tells of one several times a second. */
const TOGETHER_MS = 400;

/** "live" while the core tells of changes, else "asking". */
export type Liveness = "live" | "asking";

/** Follows a tenant's changes for as long as the component stands. */
export function useLive(tenant: string): Liveness {
  const [liveness, setLiveness] = useState<Liveness>("asking");
  useEffect(() => {
    const changed = new Set<Topic>();
    let stopWaiting: (() => void) | undefined;
    const refresh = (): void => {
      stopWaiting = undefined;
      for (const queryKey of [...changed].flatMap((topic) => staleAfter(tenant, topic))) {
        askAnew(queryKey);
      }
      changed.clear();
    };
    const note = (words: string): void => {
      for (const topic of topicsIn(words)) changed.add(topic);
      if (changed.size > 0) stopWaiting ??= afterMs(TOGETHER_MS, refresh);
    };
    const stop = listenTo({
      open: () => new EventSource(`/api/v1/tenants/${encodeURIComponent(tenant)}/events`),
      types: ["message", "change", ...TOPICS],
      onEvent: ({ type, data }) => note(`${type} ${String(data)}`),
      onOpen: () => {
        setLiveness("live");
        // What changed while nobody listened.
        for (const topic of TOPICS) note(topic);
      },
      onLost: () => setLiveness("asking"),
      later: afterMs,
    });
    return () => {
      stop();
      stopWaiting?.();
    };
  }, [tenant]);
  useEffect(() => {
    if (liveness === "live") return undefined;
    const timer = setInterval(() => {
      askAnew(["t", tenant], { refetchType: "active" });
    }, ASK_EVERY_MS);
    return () => clearInterval(timer);
  }, [liveness, tenant]);
  return liveness;
}
