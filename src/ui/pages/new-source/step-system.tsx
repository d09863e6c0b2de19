import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { agentsLikeQuery, agentsOfQuery } from "../../calls/agents.ts";
import { sourcesPageQuery } from "../../calls/sources.ts";
import { TextField } from "../../parts/fields.tsx";
import { Skeleton } from "../../parts/states.tsx";
import { AgentField } from "../agent-field.tsx";
import { SOURCE_TYPES, wrongSystem, type SourceType, type Wrong } from "./draft.ts";
import { EnrolPanel } from "./enrol-panel.tsx";
import { PastePanel } from "./paste-panel.tsx";
import { StepFrame } from "./step-frame.tsx";
import type { Wizard } from "./use-wizard.ts";

type StepProps = { readonly tenant: string; readonly wizard: Wizard };

/** Which system, what to call it, and which agent reaches it. */
export function StepSystem({ tenant, wizard }: StepProps): ReactNode {
  const { draft, change, stored } = wizard;
  const { data: usable } = useQuery(agentsLikeQuery(tenant, ""));
  const { data: chosen } = useQuery(agentsOfQuery(tenant, [draft.agentId.trim()]));
  const name = draft.name.trim();
  const { data: named } = useQuery({
    ...sourcesPageQuery(tenant, {}, { name }),
    enabled: name !== "",
  });
  const [isTried, setIsTried] = useState(false);
  if (usable === undefined) return <Skeleton lines={5} />;
  if (usable.length === 0) return <EnrolPanel tenant={tenant} />;
  const [only] = usable;
  const agentId =
    draft.agentId === "" && usable.length === 1 ? (only?.agent_id ?? "") : draft.agentId.trim();
  const taken = (named?.rows ?? []).map((one) => one.name).filter((one) => one !== stored?.name);
  const isKnown = chosen === undefined || chosen.some(({ state }) => state !== "revoked");
  const wrong = {
    ...wrongSystem({ ...draft, agentId }, taken),
    ...(agentId === "" || isKnown ? {} : { agentId: `There is no agent "${agentId}" to run it.` }),
  };
  const onNext = (): void => {
    setIsTried(true);
    if (Object.keys(wrong).length > 0) return;
    change({ agentId, name: draft.name.trim() });
    wizard.goTo(1);
  };
  return (
    <StepFrame
      title="Which system knows your devices?"
      about="One source is one instance: two NetBoxes are two sources."
      next="Continue"
      onNext={onNext}
    >
      <TypeChoice type={draft.type} onChoose={(type) => change({ type })} />
      <Named tenant={tenant} agentId={agentId} wizard={wizard} wrong={isTried ? wrong : {}} />
      <PastePanel onTake={(pasted) => change({ ...pasted, agentId })} />
    </StepFrame>
  );
}

type TypeChoiceProps = { readonly type: SourceType; readonly onChoose: (type: SourceType) => void };

function TypeChoice({ type, onChoose }: TypeChoiceProps): ReactNode {
  return (
    <fieldset className="cards">
      <legend className="visually-hidden">System</legend>
      {(Object.keys(SOURCE_TYPES) as SourceType[]).map((one) => (
        <label key={one} className="card" data-chosen={one === type}>
          <input type="radio" name="type" checked={one === type} onChange={() => onChoose(one)} />
          <span>
            <strong>{SOURCE_TYPES[one].title}</strong>
            <span className="muted small">{SOURCE_TYPES[one].about}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

type NamedProps = {
  readonly tenant: string;
  readonly agentId: string;
  readonly wizard: Wizard;
  readonly wrong: Wrong;
};

function Named({ tenant, agentId, wizard, wrong }: NamedProps): ReactNode {
  const { draft, change, stored } = wizard;
  return (
    <div className="columns-2">
      <TextField
        label="Name"
        hint="A source keeps its name: its records bear it."
        placeholder={`${draft.type}_dc1`}
        value={draft.name}
        disabled={stored !== undefined}
        wrong={wrong.name}
        onChange={(name) => change({ name })}
      />
      <AgentField
        tenant={tenant}
        hint="It must reach the system from where it runs."
        value={agentId}
        wrong={wrong.agentId}
        onChange={(chosen) => change({ agentId: chosen })}
      />
    </div>
  );
}
