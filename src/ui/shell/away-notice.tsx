import { Unplug } from "lucide-react";
import { useSyncExternalStore, type ReactNode } from "react";

import { reach } from "../calls/reach.ts";

/** Says that the core does not answer, above whatever page stands there. */
export function AwayNotice(): ReactNode {
  const sinceMs = useSyncExternalStore(reach.subscribe, reach.awaySinceMs);
  if (sinceMs === undefined) return null;
  const at = new Date(sinceMs).toLocaleTimeString("en-GB");
  return (
    <div className="notice away" data-tone="bad" role="alert">
      <Unplug size={18} aria-hidden />
      <div>The core has not answered since {at}. What you see may be old.</div>
    </div>
  );
}
