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
import { RotateSecret } from "./rotate-secret.tsx";

type SourceSettingsProps = { readonly tenant: string; readonly source: Source };

/** Its settings: what stands, and a form for what changes most often. */
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
        <div className="below">
          <RotateSecret tenant={tenant} source={source} />
        </div>
      </Panel>
    </div>
  );
}

function SettingsForm({ tenant, source }: SourceSettingsProps): ReactNode {
  const { data: agents = [] } = useQuery(agentsQuery(tenant));
  const mayChange = useMay(tenant, "operator");
  const [form, setForm] = useState({
    endpoint: source.endpoint,
    agent_id: source.agent_id,
    poll_interval: source.poll_interval,
    discovery_interval: source.discovery_interval,
  });
  const saving = useMutation({
    mutationFn: () =>
      ask<AppliedSource>({
        method: "PATCH",
        path: pathOf(["tenants", tenant, "sources", source.name]),
        body: form,
      }),
    onSuccess: ({ changes }) => {
      toast(
        changes.length === 0
          ? "Nothing was different."
          : "Changed; the agent gets it within seconds.",
      );
      for (const queryKey of staleAfter(tenant, "sources")) {
        void queryClient.invalidateQueries({ queryKey });
      }
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    saving.mutate();
  };
  const set = (member: keyof typeof form) => (value: string) =>
    setForm({ ...form, [member]: value });
  return (
    <form className="stack" onSubmit={submit}>
      <TextField label="Address" value={form.endpoint} onChange={set("endpoint")} />
      <SelectField
        label="Agent"
        value={form.agent_id}
        onChange={set("agent_id")}
        options={agents.map(({ agent_id: id }) => ({ value: id, label: id }))}
      />
      <div className="columns-2">
        <TextField label="Poll every" value={form.poll_interval} onChange={set("poll_interval")} />
        <TextField
          label="Discover every"
          value={form.discovery_interval}
          onChange={set("discovery_interval")}
        />
      </div>
      {saving.error !== null && (
        <p className="notice" data-tone="bad" role="alert">
          {problemWords(saving.error)}
        </p>
      )}
      <div>
        <Button
          type="submit"
          kind="primary"
          refusal={mayChange ? undefined : "That needs the role operator in this tenant."}
        >
          Save
        </Button>
      </div>
    </form>
  );
}
