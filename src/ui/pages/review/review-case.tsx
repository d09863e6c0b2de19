import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { holdQuery } from "../../calls/review.ts";
import { Button } from "../../parts/button.tsx";
import { Facts, Panel } from "../../parts/panel.tsx";
import { Loaded } from "../../parts/states.tsx";
import { EvidenceList } from "../device/evidence-list.tsx";
import { shortId } from "../device/outcome-words.ts";
import { CompareDevices } from "./compare-devices.tsx";
import type { Look, ReviewAct, ReviewItem } from "./review-items.ts";

type ReviewCaseProps = {
  readonly tenant: string;
  readonly item: ReviewItem;
  /** Why who is logged in may decide nothing. */
  readonly refusal: string | undefined;
  readonly onAct: (act: ReviewAct) => void;
};

/** One case: what is the matter, what can be done, and what speaks for which. */
export function ReviewCase({ tenant, item, refusal, onAct }: ReviewCaseProps): ReactNode {
  const { devices, looks = [], facts, holdNo } = item;
  return (
    <Panel title={item.title} span={7} padded={false}>
      <div className="panel-body stack">
        <p>{item.about}</p>
        <Acts item={item} refusal={refusal} onAct={onAct} />
        <Looks of={looks} />
        {facts.length > 0 && <Facts of={facts} />}
        {holdNo !== undefined && <HoldChanges tenant={tenant} hold={holdNo} />}
      </div>
      {devices.length > 0 && <CompareDevices tenant={tenant} ids={devices.map(({ id }) => id)} />}
    </Panel>
  );
}

/** The evidence of each pair of records; which those are is told by the case itself where there is one. */
function Looks({ of }: { readonly of: readonly Look[] }): ReactNode {
  const list = ({ evidence, points, threshold }: Look): ReactNode => (
    <EvidenceList of={evidence} points={points} threshold={threshold} />
  );
  const [only, ...others] = of;
  if (only === undefined) return null;
  if (others.length === 0) return list(only);
  return (
    <ul className="reasons">
      {of.map((look) => (
        <li key={look.quarantine_no} className="stack-s">
          <span>
            <strong>{look.names}</strong>. <span className="muted">{look.why}</span>
          </span>
          {list(look)}
        </li>
      ))}
    </ul>
  );
}

function Acts({ item, refusal, onAct }: Omit<ReviewCaseProps, "tenant">): ReactNode {
  const { accept, dismiss } = item;
  if (accept === undefined && dismiss === undefined) return null;
  return (
    <div className="row">
      {accept !== undefined && (
        <Button kind="primary" refusal={refusal} onClick={() => onAct(accept)}>
          {accept.verb} <kbd className="only-wide">a</kbd>
        </Button>
      )}
      {dismiss !== undefined && (
        <Button refusal={refusal} onClick={() => onAct(dismiss)}>
          {dismiss.verb} <kbd className="only-wide">d</kbd>
        </Button>
      )}
    </div>
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
