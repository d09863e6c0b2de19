import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";

import { ApiProblem } from "../../calls/api-client.ts";
import { queryClient } from "../../calls/query-client.ts";
import { useRefusal } from "../../calls/session.ts";
import { changeSource, sourceQuery, type TaggedSource } from "../../calls/sources.ts";
import { staleAfter } from "../../calls/topics.ts";
import { Button } from "../../parts/button.tsx";
import { Failure } from "../../parts/failure.tsx";
import { TextField } from "../../parts/fields.tsx";
import { Facts, Panel } from "../../parts/panel.tsx";
import { ExactTime } from "../../parts/time-ago.tsx";
import { toast } from "../../parts/toast.ts";
import { AgentField } from "../agent-field.tsx";
import { patchOf, wrongConnection, wrongScope, type Draft } from "../new-source/draft.ts";
import { NetworkFields } from "../new-source/network-fields.tsx";
import { ScopeFields } from "../new-source/scope-fields.tsx";
import { DeleteSource } from "./delete-source.tsx";
import { RotateSecret } from "./rotate-secret.tsx";
import {
  besideStored,
  changedMeanwhile,
  formOf,
  shownTag,
  type SettingsForm,
} from "./settings-form.ts";

type SettingsProps = { readonly tenant: string; readonly source: TaggedSource };

/** Its settings: what stands, a form for all of it, a new secret, and the end of it. */
export function SourceSettings({ tenant, source }: SettingsProps): ReactNode {
  return (
    <div className="grid">
      <Panel title="Change" span={7}>
        <SettingsPanel key={source.id} tenant={tenant} source={source} />
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

function SettingsPanel({ tenant, source }: SettingsProps): ReactNode {
  const [begun] = useState(() => formOf(source));
  if (begun !== undefined) return <DraftForm tenant={tenant} source={source} begun={begun} />;
  return <p className="muted">A source of this type is changed with source apply.</p>;
}

type DraftFormProps = SettingsProps & { readonly begun: SettingsForm };

function DraftForm({ tenant, source, begun }: DraftFormProps): ReactNode {
  const refusal = useRefusal(tenant, "operator");
  const [kept, setForm] = useState(begun);
  const form = besideStored(kept, source);
  const { before, draft } = form;
  const change = (changed: Partial<Draft>): void =>
    setForm({ ...form, draft: { ...draft, ...changed } });
  const wrong = { ...wrongConnection(draft, true), ...wrongScope(draft) };
  const patch = patchOf(before, draft);
  const begin = (from: TaggedSource): void => setForm(formOf(from) ?? form);
  const isNothing = Object.keys(patch).length === 0;
  const saving = useSaving(tenant, { name: source.name, etag: shownTag(form, source) }, begin);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!isNothing && Object.keys(wrong).length === 0) saving.mutate(patch);
  };
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <TextField
        label="Address"
        value={draft.endpoint}
        wrong={wrong.endpoint}
        onChange={(endpoint) => change({ endpoint })}
      />
      <AgentField
        tenant={tenant}
        value={draft.agentId}
        wrong={draft.agentId.trim() === "" ? "Choose the agent that reaches it." : undefined}
        onChange={(agentId) => change({ agentId })}
      />
      <ScopeFields draft={draft} change={change} wrong={wrong} />
      <NetworkFields draft={draft} change={change} wrong={wrong} />
      <Meanwhile {...changedMeanwhile(form, source)} onTake={() => begin(source)} />
      <Failure error={saving.error} />
      <div>
        <Button
          type="submit"
          kind="primary"
          disabled={
            isNothing ||
            saving.isPending ||
            draft.agentId.trim() === "" ||
            Object.keys(wrong).length > 0
          }
          refusal={refusal}
        >
          Save
        </Button>
      </div>
    </form>
  );
}

type MeanwhileProps = ReturnType<typeof changedMeanwhile> & { readonly onTake: () => void };

/** Says that somebody else changed the source while the form was being written. */
function Meanwhile({ theirs, both, onTake }: MeanwhileProps): ReactNode {
  if (theirs.length === 0) return null;
  return (
    <div className="notice" data-tone="warn" role="status">
      <div className="stack-s">
        <p>
          Somebody else changed this source meanwhile: {theirs.join(", ")}. Saving sends only what
          you changed{both.length > 0 && `, and writes over theirs: ${both.join(", ")}`}.
        </p>
        <div>
          <Button onClick={onTake}>Begin anew with what stands</Button>
        </div>
      </div>
    </div>
  );
}

/**
 * Sends what is different, for the state that its reader was shown; what was saved is what the form goes on from. Where a colleague was
 * faster than the news of it, what stands now is asked for, so that the form tells of it before it is saved again.
 */
function useSaving(
  tenant: string,
  shown: Pick<TaggedSource, "name" | "etag">,
  onSaved: (source: TaggedSource) => void,
) {
  return useMutation({
    mutationFn: (body: Readonly<Record<string, unknown>>) => changeSource(tenant, shown, body),
    onError: async (thrown) => {
      if (!(thrown instanceof ApiProblem) || thrown.status !== 412) return;
      await queryClient.refetchQueries({ queryKey: sourceQuery(tenant, shown.name).queryKey });
    },
    onSuccess: (source) => {
      onSaved(source);
      toast("Changed; the agent gets it within seconds.");
      for (const queryKey of staleAfter(tenant, "sources")) {
        void queryClient.invalidateQueries({ queryKey });
      }
    },
  });
}
