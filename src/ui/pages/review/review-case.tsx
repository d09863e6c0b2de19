import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { holdQuery } from "../../calls/review.ts";
import { Button } from "../../parts/button.tsx";
import { Facts, Panel } from "../../parts/panel.tsx";
import { Loaded } from "../../parts/states.tsx";
import { shortId } from "../device/outcome-words.ts";
import type { ReviewAct, ReviewItem } from "./review-items.ts";

type ReviewCaseProps = {
  readonly tenant: string;
  readonly item: ReviewItem;
  readonly may: boolean;
  readonly onAct: (act: ReviewAct) => void;
};

/** One case with what is known of it and what can be done. */
export function ReviewCase({ tenant, item, may, onAct }: ReviewCaseProps): ReactNode {
  const { accept, dismiss, holdNo } = item;
  const refusal = may ? undefined : "This needs the role operator.";
  return (
    <Panel title={item.title} span={7}>
      <div className="stack">
        <p>{item.about}</p>
        <Facts of={item.facts} />
        {item.devices.length > 0 && (
          <div className="row">
            {item.devices.map(({ id, name }) => (
              <Link
                key={id}
                to="/t/$tenant/devices/$device"
                params={{ tenant, device: id }}
                search={{ tab: "identity" }}
                className="button"
              >
                {name}
              </Link>
            ))}
          </div>
        )}
        {holdNo !== undefined && <HoldChanges tenant={tenant} hold={holdNo} />}
        <div className="row">
          {accept !== undefined && (
            <Button kind="primary" refusal={refusal} onClick={() => onAct(accept)}>
              {accept.verb} <kbd>a</kbd>
            </Button>
          )}
          {dismiss !== undefined && (
            <Button refusal={refusal} onClick={() => onAct(dismiss)}>
              {dismiss.verb} <kbd>d</kbd>
            </Button>
          )}
        </div>
      </div>
    </Panel>
  );
}

/** Changes of a hold that are shown; the whole is on the command line. */
const CHANGES_SHOWN = 20;

function HoldChanges({
  tenant,
  hold,
}: {
  readonly tenant: string;
  readonly hold: number;
}): ReactNode {
  const query = useQuery(holdQuery(tenant, hold));
  return (
    <section aria-label="What it would change">
      <h3>What it would change</h3>
      <Loaded query={query}>
        {({ changes }) => (
          <ul className="reasons">
            {changes.slice(0, CHANGES_SHOWN).map((change) => (
              <li key={`${change.id} ${change.to_id}`}>
                {change.names.join(", ") || shortId(change.id)} becomes{" "}
                {change.to_names.join(", ") || shortId(change.to_id)}
                {change.in_common.length > 0 && (
                  <span className="muted"> in common: {change.in_common.join(", ")}</span>
                )}
              </li>
            ))}
            {changes.length > CHANGES_SHOWN && (
              <li className="muted">and {changes.length - CHANGES_SHOWN} more</li>
            )}
          </ul>
        )}
      </Loaded>
    </section>
  );
}
