import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";

import { agentsQuery } from "../../calls/agents.ts";
import { pathOf } from "../../calls/api-client.ts";
import { ask, queryClient } from "../../calls/query-client.ts";
import { useMay } from "../../calls/session.ts";
import type { AppliedSource, Source } from "../../calls/sources.ts";
import { staleAfter } from "../../calls/topics.ts";
import { Button } from "../../parts/button.tsx";
import { SelectField, TextField } from "../../parts/fields.tsx";
import { Facts, Panel } from "../../parts/panel.tsx";
import { problemWords } from "../../parts/states.tsx";
import { ExactTime } from "../../parts/time-ago.tsx";
import { toast } from "../../parts/toast.ts";
import { patchOf, wrongConnection, wrongScope, type Draft } from "../new-source/draft.ts";
import { NetworkFields } from "../new-source/network-fields.tsx";
import { draftOfSource } from "../new-source/paste.ts";
import { ScopeFields } from "../new-source/scope-fields.tsx";
import { DeleteSource } from "./delete-source.tsx";
import { RotateSecret } from "./rotate-secret.tsx";

type SourceSettingsProps = { readonly tenant: string; readonly source: Source };

/** Its settings: what stands, a form for all of it, a new secret, and the end of it. */
export function SourceSettings({ tenant, source }: SourceSettingsProps): ReactNode {
  return (
    <div className="grid">
      <Panel title="Change" span={7}>
        <SettingsForm key={source.updated_at} tenant={tenant} source={source} />
      </Panel>
      <Panel title="As it stands" span={5}>
        <Facts
          of={[
            ["Id", <span className="mono">{source.id}</span>],
            ["Type", source.type],
            ["Partition", source.partition],
            ["Credentials", source.credentials.join(", ")],
            ...Object.entries(source.settings).map(([name, value]): [string, ReactNode] => [
              name,
              <span className="mono">
                {typeof value === "string" ? value : JSON.stringify(value)}
              </span>,
            ]),
            ["Made", <ExactTime at={source.created_at} />],
            ["Changed", <ExactTime at={source.updated_at} />],
          ]}
        />
        <div className="row below">
          <RotateSecret tenant={tenant} source={source} />
          <DeleteSource tenant={tenant} source={source} />
        </div>
      </Panel>
    </div>
  );
}

function SettingsForm({ tenant, source }: SourceSettingsProps): ReactNode {
  const before = draftOfSource(source);
  if (before !== undefined) return <DraftForm tenant={tenant} source={source} before={before} />;
  return <p className="muted">A source of this type is changed with source apply.</p>;
}

function DraftForm({
  tenant,
  source,
  before,
}: SourceSettingsProps & { readonly before: Draft }): ReactNode {
  const { data: agents = [] } = useQuery(agentsQuery(tenant));
  const mayChange = useMay(tenant, "operator");
  const [draft, setDraft] = useState(before);
  const change = (changed: Partial<Draft>): void => setDraft({ ...draft, ...changed });
  const wrong = { ...wrongConnection(draft, true), ...wrongScope(draft) };
  const patch = patchOf(before, draft);
  const saving = useSaving(tenant, source.name);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (Object.keys(wrong).length === 0) saving.mutate(patch);
  };
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <TextField
        label="Address"
        value={draft.endpoint}
        wrong={wrong.endpoint}
        onChange={(endpoint) => change({ endpoint })}
      />
      <SelectField
        label="Agent"
        value={draft.agentId}
        onChange={(agentId) => change({ agentId })}
        options={agents.map(({ agent_id: id }) => ({ value: id, label: id }))}
      />
      <ScopeFields draft={draft} change={change} wrong={wrong} />
      <NetworkFields draft={draft} change={change} wrong={wrong} />
      {saving.error !== null && (
        <p className="notice" data-tone="bad" role="alert">
          {problemWords(saving.error)}
        </p>
      )}
      <div>
        <Button
          type="submit"
          kind="primary"
          disabled={Object.keys(patch).length === 0 || Object.keys(wrong).length > 0}
          refusal={mayChange ? undefined : "That needs the role operator in this tenant."}
        >
          Save
        </Button>
      </div>
    </form>
  );
}

/** Sends what is different. */
function useSaving(tenant: string, name: string) {
  return useMutation({
    mutationFn: (body: Readonly<Record<string, unknown>>) =>
      ask<AppliedSource>({
        method: "PATCH",
        path: pathOf(["tenants", tenant, "sources", name]),
        body,
      }),
    onSuccess: () => {
      toast("Changed; the agent gets it within seconds.");
      for (const queryKey of staleAfter(tenant, "sources")) {
        void queryClient.invalidateQueries({ queryKey });
      }
    },
  });
}
