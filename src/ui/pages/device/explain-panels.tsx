import { lazy, Suspense, useMemo, useState, type ReactNode } from "react";

import type { Explanation } from "../../calls/device-acts.ts";
import { Button } from "../../parts/button.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Skeleton } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { EvidenceList } from "./evidence-list.tsx";
import { graphRows, identityGraph } from "./identity-graph.ts";
import { recordName } from "./outcome-words.ts";

const GraphCanvas = lazy(async () => ({
  default: (await import("./graph-canvas.tsx")).GraphCanvas,
}));

/** Why it is one device, in plain words. */
export function WhyPanel({ of }: { readonly of: Explanation }): ReactNode {
  const { summary, joins, threshold } = of;
  return (
    <Panel title="Why these records are one device" span={7}>
      <div className="stack-s">
        {summary.map((words) => (
          <p key={words}>{words}</p>
        ))}
        {joins.length > 0 && (
          <>
            <h3>How they came together</h3>
            <ol className="reasons">
              {joins.map((join) => (
                <JoinStep key={join.words} of={join} threshold={threshold} />
              ))}
            </ol>
          </>
        )}
        <Sentences title="Values that may join nothing" of={of.muted} />
      </div>
    </Panel>
  );
}

type JoinStepProps = {
  readonly of: Explanation["joins"][number];
  readonly threshold: number;
};

/** Two records that met, and what all that was joined by then said; a decision in its own words. */
function JoinStep({
  of: { records, evidence, points, words },
  threshold,
}: JoinStepProps): ReactNode {
  if (evidence.length === 0) return <li>{words}</li>;
  return (
    <li className="stack-s">
      <span>
        <strong>{recordName(records[0])}</strong> and <strong>{recordName(records[1])}</strong>
      </span>
      <EvidenceList of={evidence} points={points} threshold={threshold} />
    </li>
  );
}

function Sentences({
  title,
  of,
}: {
  readonly title: string;
  readonly of: readonly { readonly words: string }[];
}): ReactNode {
  if (of.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul className="reasons">
        {of.map(({ words }) => (
          <li key={words}>{words}</li>
        ))}
      </ul>
    </>
  );
}

/** What would have to be otherwise for another outcome. */
export function TurnsPanel({ of }: { readonly of: Explanation }): ReactNode {
  const { turns, tried, apart } = of;
  const facts = `${tried} fact${tried === 1 ? "" : "s"}`;
  return (
    <Panel title="Which single fact decides" span={5}>
      <div className="stack-s">
        {turns.length === 0 ? (
          <p>
            {tried === 0
              ? "There is no fact without which it would be another device."
              : `None: with any one of ${facts} otherwise, it is the same.`}
          </p>
        ) : (
          <>
            <p className="muted small">{facts} were tried, one at a time.</p>
            <ul className="reasons">
              {turns.map(({ words }) => (
                <li key={words}>{words}.</li>
              ))}
            </ul>
          </>
        )}
        <Sentences title="Held apart from it" of={apart} />
      </div>
    </Panel>
  );
}

type GraphPanelProps = {
  readonly of: Explanation;
  readonly colours: ReadonlyMap<string, number>;
};

/** Records and values as a picture, with the same as a table beside it. */
export function GraphPanel({ of, colours }: GraphPanelProps): ReactNode {
  const graph = useMemo(() => identityGraph(of), [of]);
  const [isShown, setIsShown] = useState(true);
  if (graph.edges.length === 0) return null;
  return (
    <Panel
      title="Identity graph"
      padded={false}
      acts={
        <Button kind="quiet" onClick={() => setIsShown(!isShown)} aria-expanded={isShown}>
          {isShown ? "Hide picture" : "Show picture"}
        </Button>
      }
    >
      <div className={isShown ? "graph-beside" : undefined}>
        {isShown && (
          <Suspense
            fallback={
              <div className="graph panel-body">
                <Skeleton lines={4} />
              </div>
            }
          >
            <GraphCanvas graph={graph} colours={colours} />
          </Suspense>
        )}
        <Table
          caption="Identity graph as a table"
          columns={[
            { id: "from", title: "Record", cell: ({ from }) => from },
            { id: "how", title: "How", cell: ({ how }) => <span className="muted">{how}</span> },
            { id: "to", title: "Value or record", cell: ({ to }) => to },
            {
              id: "points",
              title: "Points",
              isNumber: true,
              cell: ({ points }) => points ?? "–",
            },
          ]}
          rows={graphRows(graph)}
          rowKey={({ key }) => key}
        />
      </div>
    </Panel>
  );
}
