import { CircleAlert, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

import { Panel } from "../../parts/panel.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import type { Diagnosis } from "./diagnoses.ts";

type DiagnosisPanelProps = {
  readonly title: string;
  readonly of: readonly Diagnosis[];
  /** The button that helps; absent where the page cannot do it. */
  readonly act?: (of: Diagnosis) => ReactNode;
};

/** What is wrong now, each with its figure and one thing to do; nothing where nothing is. */
export function DiagnosisPanel({ title, of, act: actOf }: DiagnosisPanelProps): ReactNode {
  if (of.length === 0) return null;
  return (
    <Panel title={title} padded={false}>
      <ul className="attention">
        {of.map((one) => (
          <DiagnosisLine key={one.id} of={one} act={actOf?.(one)} />
        ))}
      </ul>
    </Panel>
  );
}

type DiagnosisLineProps = { readonly of: Diagnosis; readonly act: ReactNode };

function DiagnosisLine({ of, act: button }: DiagnosisLineProps): ReactNode {
  const { tone, title: what, figure, act, at } = of;
  return (
    <li data-tone={tone}>
      {tone === "bad" ? (
        <CircleAlert size={18} aria-hidden />
      ) : (
        <TriangleAlert size={18} aria-hidden />
      )}
      <div>
        <strong>{what}</strong> <span className="wrap-anywhere">{figure}</span>{" "}
        {at !== undefined && (
          <span className="muted">
            <TimeAgo at={at} />
          </span>
        )}
        <p className="muted small wrap-anywhere">{act}</p>
      </div>
      {button}
    </li>
  );
}
